/* SPDX-License-Identifier: Apache-2.0 */
/* audit_log: the lines in which this node keeps its audit, read one after the other.
 * Takes:   a file; "-" for standard input; "journal" for journalctl(1); NULL for /var/log/rssh-nova.log, which setup
 * has rsyslog write, or the journal if there is no such file.
 * Fails:   with -1 and a line on standard error.
 * Source: journalctl(1); install/syslog/rsyslog.conf. */
#ifndef ADMIN_AUDIT_LOG_H
#define ADMIN_AUDIT_LOG_H

#include <time.h>

#include "policy/attributes.h"

#define AUDIT_LOG_FILE "/var/log/rssh-nova.log"

/* Calls each with every line, whole and without its newline. since spares the journal older ones; 0 for all. */
MUST_USE int audit_log_each(
	const char *source, time_t since, void (*each)(void *context, const char *line), void *context);

#endif
