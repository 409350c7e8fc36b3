/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/config_line.h"

/* True if rest is only blanks, or a comment after a blank. */
static bool is_comment_or_end(const char *rest)
{
	const size_t blanks = strspn(rest, " \t");

	return rest[blanks] == '\0' || (blanks != 0 && rest[blanks] == ';');
}

/* The line begins with "[". */
static enum config_error header_read(struct config_line *out, const char *line)
{
	const size_t len = strcspn(line + 1, "]");

	if (line[len + 1] != ']' || !is_comment_or_end(line + len + 2))
		return CONFIG_SYNTAX;
	out->is_header = true;
	memcpy(out->section, line + 1, len);
	out->section[len] = '\0';
	return CONFIG_OK;
}

/* Accepts a name, followed by "=" or ":" before any comment. */
static enum config_error setting_check(const char *line)
{
	const size_t len = strcspn(line, "=:");

	if (len == 0 || line[len] == '\0')
		return CONFIG_SYNTAX;
	for (size_t i = 1; i < len; i++)
		if (line[i] == ';' && (line[i - 1] == ' ' || line[i - 1] == '\t'))
			return CONFIG_SYNTAX;
	return CONFIG_OK;
}

/* Only printable ASCII and tabs. */
static bool is_plain_text(struct bytes line)
{
	for (size_t i = 0; i < line.len; i++)
		if (line.at[i] != '\t' && (line.at[i] < ' ' || line.at[i] > '~'))
			return false;
	return true;
}

enum config_error config_line_read(struct config_line *out, struct bytes line)
{
	char copy[CONFIG_LINE_MAX + 1];

	out->is_header = false;
	out->section[0] = '\0';
	if (!is_plain_text(line))
		return CONFIG_BAD_BYTE;
	if (line.len > CONFIG_LINE_MAX)
		return CONFIG_LINE_TOO_LONG;
	memcpy(copy, line.at, line.len);
	copy[line.len] = '\0';
	if (copy[strspn(copy, " \t")] == '\0' || copy[0] == ';' || copy[0] == '#')
		return CONFIG_OK;
	if (copy[0] == ' ' || copy[0] == '\t')
		return CONFIG_LEADING_BLANK;
	return copy[0] == '[' ? header_read(out, copy) : setting_check(copy);
}
