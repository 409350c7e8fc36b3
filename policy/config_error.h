/* SPDX-License-Identifier: Apache-2.0 */
/* config_error: what can be wrong with rssh-nova.conf.
 * Pure: no heap, no I/O, no globals. */
#ifndef POLICY_CONFIG_ERROR_H
#define POLICY_CONFIG_ERROR_H

enum config_error {
	CONFIG_OK,
	CONFIG_TOO_LARGE,
	CONFIG_EMPTY,
	CONFIG_BAD_BYTE,
	CONFIG_LINE_TOO_LONG,
	CONFIG_LEADING_BLANK,
	CONFIG_SYNTAX,
	CONFIG_UNKNOWN_SECTION,
	CONFIG_UNKNOWN_KEY,
	CONFIG_REPEATED_KEY,
	CONFIG_BAD_VALUE,
	CONFIG_BAD_PROFILE,
	CONFIG_REPEATED_PROFILE,
	CONFIG_NO_PROFILE,
	CONFIG_WIDENS,
};

/* Returns one sentence: what is wrong, and what to do. */
const char *config_error_text(enum config_error error);

#endif
