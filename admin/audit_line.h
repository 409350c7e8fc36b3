/* SPDX-License-Identifier: Apache-2.0 */
/* audit_line: parses a line of a log with an audit record of rssh-nova(8), in logfmt or JSON.
 * Takes:   the record alone, or behind the prefix of rsyslogd(8) or journalctl(1) (-o short-iso).
 * Returns: the fields, owned. Each value is text, or in JSON also an integer. *when is -1 if the line has no time.
 * Fails:   with NULL for any other line. Words of a peer are inside a value, so they never look like a record.
 * Source: policy/record.h; rsyslog's RSYSLOG_FileFormat and RSYSLOG_TraditionalFileFormat. */
#ifndef ADMIN_AUDIT_LINE_H
#define ADMIN_AUDIT_LINE_H

#include <jansson.h>
#include <time.h>

#include "policy/attributes.h"

/* now supplies the year if the line has none. */
MUST_USE json_t *audit_line_read(time_t *when, const char *line, time_t now);

#endif
