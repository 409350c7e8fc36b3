/* SPDX-License-Identifier: Apache-2.0 */
/* audit: records on their way to syslog, as datagrams that are known to have arrived.
 * syslog(3) does not tell when a record is lost, so this speaks to /dev/log itself: "<priority>rssh-nova[pid]: "
 * and the record. Never waits longer than AUDIT_WAIT_MS for a slow syslog daemon, or for one that is started
 * again while a transfer runs.
 * Source: syslog(3), unix(7), RFC 3164 section 4 (the time is the daemon's to add). */
#ifndef BASE_AUDIT_H
#define BASE_AUDIT_H

#include "policy/attributes.h"
#include "policy/record.h"

enum {
	AUDIT_WAIT_MS = 2000,
	AUDIT_AGAIN_MS = 50, /* between two looks for a daemon that has gone */
};

struct audit {
	int fd; /* connected, owned; -1 when there is no syslog */
	int facility;
	bool stream;
};

/* Connects. Gives 0, or -1 and errno; out may be used in either case. */
MUST_USE int audit_open(struct audit *out, int facility);

/* Sends one record at a level of syslog(3). 0, or -1 and errno. Makes no call that a sandbox would refuse. */
MUST_USE int audit_send(const struct audit *audit, int level, const struct record *record);

#endif
