/* SPDX-License-Identifier: Apache-2.0 */
/* audit_log: reads the audit of this node line by line.
 * Takes:   a file; "-" for standard input; "journal" for journalctl(1).
 * Fails:   with -1 and a line on standard error.
 * Source: journalctl(1); install/syslog/rsyslog.conf. */
#ifndef ADMIN_AUDIT_LOG_H
#define ADMIN_AUDIT_LOG_H

#include <time.h>

#include "policy/attributes.h"

#define AUDIT_LOG_FILE "/var/log/rssh-nova.log"

/* Returns named; if it is NULL, /var/log/rssh-nova.log, which setup has rsyslog write, or "journal" if there is no such
 * file. */
const char *audit_log_source(const char *named);

/* Calls each with every complete line, without its newline. The journal starts at since; 0 for all of it. */
MUST_USE int audit_log_each(
	const char *source, time_t since, void (*each)(void *context, const char *line), void *context);

#endif
