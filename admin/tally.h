/* SPDX-License-Identifier: Apache-2.0 */
/* tally: audit records, counted: transfers, refusals, alarms and claims, by reason, peer and key.
 * Takes:   records of audit_line.h in the order in which they were written.
 * Owns:    JSON values, freed by tally_clear(). A table holds TALLY_ROWS_MAX names; what is more counts as "other",
 * so that no peer can make it grow. */
#ifndef ADMIN_TALLY_H
#define ADMIN_TALLY_H

#include <jansson.h>
#include <stdint.h>
#include <time.h>

enum {
	TALLY_ROWS_MAX = 200,
	TALLY_ALARMS_MAX = 20, /* that are kept whole, the last ones */
};

struct tally {
	int64_t records, unread;	  /* lines that were, and that were no records */
	time_t first, last;		  /* of those that have a time, else 0 */
	json_t *totals;			  /* name: number */
	json_t *reasons, *limits, *kinds; /* refusals by reason, transfers ended by a limit, alarms by kind */
	json_t *peers, *keys;		  /* name: {transfers, failed, bytes_in, bytes_out, ms, refusals} */
	json_t *alarms;			  /* [{kind, ref, time, detail}] */
	json_t *open;			  /* ref: what a decide record said, until its done record */
};

void tally_init(struct tally *out);

/* Borrows the fields. when is -1 if it is not known. */
void tally_add(struct tally *tally, const json_t *fields, time_t when);

void tally_clear(struct tally *tally);

#endif
