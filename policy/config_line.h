/* SPDX-License-Identifier: Apache-2.0 */
/* config_line: one line of rssh-nova.conf. Refuses each line that inih would skip, join or cut, before inih reads it.
 * Takes:   untrusted bytes without the newline.
 * Pure: no heap, no I/O, no globals. Source: ini.c of inih. */
#ifndef POLICY_CONFIG_LINE_H
#define POLICY_CONFIG_LINE_H

#include <stdbool.h>

#include "policy/attributes.h"
#include "policy/bytes.h"
#include "policy/config_error.h"
#include "policy/limits.h"

struct config_line {
	bool is_header;			   /* "[SECTION]" */
	char section[CONFIG_LINE_MAX + 1]; /* "" unless it is a header */
};

/* Does not know which sections and keys exist. On failure *out is no header. */
MUST_USE enum config_error config_line_read(struct config_line *out, struct bytes line);

#endif
