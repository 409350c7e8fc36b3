/* SPDX-License-Identifier: Apache-2.0 */
/* report: what the command shows, to a person or to a program.
 * Standard output: on a terminal a bar; a line of what a copy came to; the commands of a dry run; with --json
 * everything, one JSON object a line. Standard error: messages and faults for a person, each once.
 * Syslog: how far a long copy is, every PACE_LOG_EVERY_MS, and what it came to.
 * Everything shown of the other end was escaped by output.h. */
#ifndef SENDER_REPORT_H
#define SENDER_REPORT_H

#include <stdbool.h>
#include <stdint.h>

#include "sender/remotefs.h"

enum {
	REPORT_SAID_MAX = 8,
};

struct report {
	const char *host; /* that lines for syslog name; borrowed */
	bool json, quiet, dry_run;
	bool terminal;	/* standard output is one */
	bool bar_shown; /* a bar stands on the line of the cursor */
	int64_t last;	/* ms of a copy at which progress was shown */
	int64_t logged; /* the same, in syslog */
	unsigned said_count;
	char said[REPORT_SAID_MAX][512]; /* the last messages */
};

void report_init(struct report *report, bool json, bool quiet, bool dry_run);
/* For struct remotefs_options; user is a struct report. */
void report_event(void *user, const struct remotefs_event *event);
/* The outcome. op is the name of the command. */
void report_end(struct report *report, const char *op, const struct remotefs_fault *fault, int status);

#endif
