/* SPDX-License-Identifier: Apache-2.0 */
/* audit: sends records to syslog, and knows whether each arrived.
 * syslog(3) hides a lost record, so this writes to /dev/log itself: "<priority>rssh-nova[pid]: " and the record. If
 * /dev/log is that of systemd-journald, it sends the fields of the record to the journal too (base/journal.h).
 * It waits at most AUDIT_WAIT_MS for a syslog daemon that is slow or restarts during a transfer.
 * Source: syslog(3), unix(7), RFC 3164 section 4. The daemon adds the time. */
#ifndef BASE_AUDIT_H
#define BASE_AUDIT_H

#include "policy/attributes.h"
#include "policy/record.h"

enum {
	AUDIT_WAIT_MS = 2000,
	AUDIT_AGAIN_MS = 50, /* between two attempts to reach a daemon that is gone */
};

struct audit {
	int fd; /* connected, owned; -1 if there is no syslog */
	int facility;
	bool stream;
	bool native; /* to systemd-journald, in its own protocol */
};

/* Connects. Returns 0, or -1 and errno; out is usable in either case. */
MUST_USE int audit_open(struct audit *out, int facility);

/* Sends one record at a level of syslog(3). Returns 0, or -1 and errno. Makes no call that a sandbox of ours refuses.
 * */
MUST_USE int audit_send(const struct audit *audit, int level, const struct record *record);

#endif
