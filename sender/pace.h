/* SPDX-License-Identifier: Apache-2.0 */
/* pace: how far a copy is and how fast, in words for a person: the bar of a terminal, and lines for syslog(3).
 * Takes:   counts of bytes and milliseconds, and names that may be anything.
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
	int64_t done, total; /* bytes of data; total is 0 where it is not known */
	int64_t ms;	     /* since the copy began */
};

/* What a whole run has done. */
struct pace_sum {
	uint64_t files, data, holes; /* bytes */
	int64_t ms;
};

void pace_amount(char out[PACE_AMOUNT_MAX], double bytes);
/* Bytes a second. */
double pace_rate(const struct pace *pace);
/* Seconds, or -1 when that cannot be known. */
int64_t pace_left(const struct pace *pace);

/* Draws the bar over itself, on standard output. */
void pace_bar(const char *path, const struct pace *pace);

/* One line of how far it is, and one of how it ended: files, data, holes, time, rate. */
void pace_log(const char *path, const char *host, const struct pace *pace);
void pace_sum_text(char *out, size_t size, const struct pace_sum *sum);
void pace_log_end(const char *path, const char *host, const struct pace_sum *sum);

/* Counts bytes that were dealt with. What is sent again after a loss is not counted twice; total is 0 if not known. */
void pace_count(int64_t *done, int64_t total, uint64_t bytes);

#endif
