/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/words.h"

bool words_allow(char c)
{
	if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'))
		return true;
	return c != '\0' && strchr("._/:=,@+-", c) != NULL;
}

static bool contains(struct bytes line, struct bytes text)
{
	for (size_t i = 0; text.len <= line.len && i <= line.len - text.len; i++)
		if (memcmp(line.at + i, text.at, text.len) == 0)
			return true;
	return false;
}

/* True if libvirt's client tries to reach its daemon through us. Only picks a better reason for the refusal.
 * Source: virNetClientSSHHelperCommand() of libvirt, and its older form with nc alone. */
static bool is_libvirt_tunnel(struct bytes line)
{
	static const char head[] = "sh -c '";

	return line.len >= sizeof(head) - 1 && memcmp(line.at, head, sizeof(head) - 1) == 0 &&
		(contains(line, bytes_of("virt-ssh-helper ")) ||
			contains(line, bytes_of(" -q 2>&1 | grep \"requires an argument\"")));
}

/* Checks the length first, so that a huge line is not read; then bytes, then spaces. */
static enum words_error check(struct bytes line)
{
	if (line.len == 0)
		return WORDS_EMPTY;
	if (line.len >= CMD_MAX)
		return WORDS_TOO_LONG;
	for (size_t i = 0; i < line.len; i++)
		if (line.at[i] != ' ' && !words_allow(line.at[i]))
			return is_libvirt_tunnel(line) ? WORDS_LIBVIRT_TUNNEL : WORDS_BAD_BYTE;
	if (line.at[0] == ' ' || line.at[line.len - 1] == ' ')
		return WORDS_BAD_SPACING;
	for (size_t i = 1; i < line.len; i++)
		if (line.at[i] == ' ' && line.at[i - 1] == ' ')
			return WORDS_BAD_SPACING;
	return WORDS_OK;
}

enum words_error words_split(struct words *out, struct bytes line)
{
	const enum words_error error = check(line);
	uint16_t count = 1;

	if (error != WORDS_OK)
		return error;
	for (size_t i = 0; i < line.len; i++)
		count = (uint16_t)(count + (line.at[i] == ' '));
	if (count > WORDS_MAX)
		return WORDS_TOO_MANY;

	out->count = 0;
	out->used = (uint16_t)(line.len + 1);
	for (size_t i = 0; i < line.len; i++) {
		if (i == 0 || line.at[i - 1] == ' ')
			out->start[out->count++] = (uint16_t)i;
		out->store[i] = line.at[i] == ' ' ? '\0' : line.at[i];
	}
	out->store[line.len] = '\0';
	return WORDS_OK;
}

const char *words_at(const struct words *words, unsigned i)
{
	return i < words->count ? words->store + words->start[i] : "";
}

enum reason words_reason(enum words_error error)
{
	switch (error) {
	case WORDS_OK:
		return REASON_NONE;
	case WORDS_EMPTY:
		return REASON_NO_COMMAND;
	case WORDS_TOO_LONG:
		return REASON_TOO_LONG;
	case WORDS_BAD_BYTE:
		return REASON_BAD_BYTE;
	case WORDS_LIBVIRT_TUNNEL:
		return REASON_LIBVIRT_TUNNEL;
	case WORDS_BAD_SPACING:
		return REASON_BAD_SPACING;
	case WORDS_TOO_MANY:
		return REASON_TOO_MANY_WORDS;
	}
	return REASON_INTERNAL;
}
