/* SPDX-License-Identifier: Apache-2.0 */
/* audit_line: a line of a log that holds an audit record of rssh-nova(8), logfmt or JSON, taken apart.
 * Takes:   the record alone, or behind what rsyslogd(8) and journalctl(1) (-o short-iso) write before it.
 * Returns: the fields, owned, of which each value is text, or in JSON an integer; and when it was written, -1 if the
 * line does not say.
 * Fails:   with NULL for anything else. What a peer sent stands inside a value, so it can be no record of its own.
 * Source: policy/record.h; rsyslog's RSYSLOG_FileFormat and RSYSLOG_TraditionalFileFormat. */
#ifndef ADMIN_AUDIT_LINE_H
#define ADMIN_AUDIT_LINE_H

#include <jansson.h>
#include <time.h>

#include "policy/attributes.h"

/* now tells the year where the line has none. */
MUST_USE json_t *audit_line_read(time_t *when, const char *line, time_t now);

#endif
