/* SPDX-License-Identifier: Apache-2.0 */
/* report: the output of the command, for a person or a program.
 * Standard output: on a terminal a bar; one line about a finished copy; the commands of a dry run. With --json
 * everything, one JSON object a line. Standard error: messages and faults for a person, each once.
 * Syslog: the progress of a long copy, every PACE_LOG_EVERY_MS, and its result.
 * output.h has escaped everything that comes from the far end. */
#ifndef SENDER_REPORT_H
#define SENDER_REPORT_H

#include <stdbool.h>
#include <stdint.h>

#include "sender/remotefs.h"

enum {
	REPORT_SAID_MAX = 8,
};

struct report {
	const char *host; /* for syslog; borrowed */
	bool json, quiet, dry_run;
	bool terminal;	/* standard output is a terminal */
	bool bar_shown; /* the line of the cursor shows a bar */
	int64_t last;	/* ms since the copy began, when progress was last shown */
	int64_t logged; /* the same, in syslog */
	unsigned said_count;
	char said[REPORT_SAID_MAX][512]; /* the last messages */
};

void report_init(struct report *report, bool json, bool quiet, bool dry_run);
/* For struct remotefs_options; user is a struct report. */
void report_event(void *user, const struct remotefs_event *event);
/* Reports the outcome. op is the name of the command. */
void report_end(struct report *report, const char *op, const struct remotefs_fault *fault, int status);

#endif
