/* SPDX-License-Identifier: Apache-2.0 */
/* journal: a record in the native protocol of systemd-journald: a datagram of lines FIELD=value. The journal then finds
 * records by their fields: journalctl RSSH_NOVA_REASON=busy. The line of the record is MESSAGE, as syslog gets it.
 * A field of the record is RSSH_NOVA_ and its key in capitals; a field without a value ("-") is left out.
 * Takes: a record that did fit. A record has no newline, so no value can end its field.
 * Owns:  nothing; borrows the line of the record.
 * Source: systemd.io/JOURNAL_NATIVE_PROTOCOL, systemd.journal-fields(7). */
#ifndef BASE_JOURNAL_H
#define BASE_JOURNAL_H

#include <sys/uio.h>

#include "policy/record.h"

#define JOURNAL_SOCKET "/run/systemd/journal/socket"
#define JOURNAL_DEV_LOG "/run/systemd/journal/dev-log" /* where /dev/log leads if journald is the syslog daemon */

enum {
	JOURNAL_PARTS_MAX = 2 * RECORD_FIELDS_MAX + 3,
	JOURNAL_HEAD_MAX = 256,
	JOURNAL_NAMES_MAX = 1024,
};

struct journal {
	int count;
	struct iovec parts[JOURNAL_PARTS_MAX];
	char head[JOURNAL_HEAD_MAX];   /* the fields before MESSAGE */
	char names[JOURNAL_NAMES_MAX]; /* of the other fields, each after the newline that ends the field before it */
};

/* priority: facility and level, as for syslog(3). */
void journal_make(struct journal *out, int priority, const struct record *record);

#endif
