/* SPDX-License-Identifier: Apache-2.0 */
/* pace: the progress and rate of a copy, for a person: a bar on a terminal, and lines for syslog(3).
 * Takes:   counts of bytes and milliseconds, and untrusted names.
 * Returns: text of printable ASCII. */
#ifndef SENDER_PACE_H
#define SENDER_PACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "policy/attributes.h"

enum {
	PACE_AMOUNT_MAX = 32,
	PACE_LOG_EVERY_MS = 10000,
};

struct pace {
	int64_t done, total; /* bytes of data; total is 0 if unknown */
	int64_t ms;	     /* since the copy began */
};

/* The result of a whole run. */
struct pace_sum {
	uint64_t files, data, holes; /* bytes */
	int64_t ms;
};

void pace_amount(char out[PACE_AMOUNT_MAX], double bytes);
/* Bytes a second. */
double pace_rate(const struct pace *pace);
/* Seconds left, or -1 if unknown. */
int64_t pace_left(const struct pace *pace);

/* Redraws the bar, on standard output. */
void pace_bar(const char *path, const struct pace *pace);

/* Log a line about the progress, and one about the end: files, data, holes, time, rate. */
void pace_log(const char *path, const char *host, const struct pace *pace);
void pace_sum_text(char *out, size_t size, const struct pace_sum *sum);
void pace_log_end(const char *path, const char *host, const struct pace_sum *sum);

/* Adds finished bytes. Bytes sent again after a loss do not count twice; total is 0 if unknown. */
void pace_count(int64_t *done, int64_t total, uint64_t bytes);

#endif
