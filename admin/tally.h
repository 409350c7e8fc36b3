/* SPDX-License-Identifier: Apache-2.0 */
/* tally: counts audit records: transfers, refusals, alarms and claims, by reason, peer and key.
 * Takes:   records of audit_line.h, in the order of the log.
 * Owns:    JSON values; tally_clear() frees them. A table has at most TALLY_ROWS_MAX names; further names count as
 *          "other", so that no peer can make it grow. */
#ifndef ADMIN_TALLY_H
#define ADMIN_TALLY_H

#include <jansson.h>
#include <stdint.h>
#include <time.h>

enum {
	TALLY_ROWS_MAX = 200,
	TALLY_ALARMS_MAX = 20, /* the last ones, kept in full */
};

struct tally {
	int64_t records, unread;	  /* lines with a record, and other lines */
	time_t first, last;		  /* times in the log, else 0 */
	json_t *totals;			  /* name: number */
	json_t *reasons, *limits, *kinds; /* refusals by reason, transfers ended by a limit, alarms by kind */
	json_t *peers, *keys;		  /* name: {transfers, failed, bytes_in, bytes_out, ms, refusals} */
	json_t *alarms;			  /* [{kind, ref, time, detail}] */
	json_t *open;			  /* ref: its decide record, until its done record */
};

void tally_init(struct tally *out);

/* Borrows the fields. when is -1 if not known. */
void tally_add(struct tally *tally, const json_t *fields, time_t when);

void tally_clear(struct tally *tally);

#endif
