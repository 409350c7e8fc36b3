/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/peers.h"

#include <string.h>

#include "policy/peer.h"

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* Takes the next line, without its newline. */
static struct bytes line_take(struct peers_reading *reading)
{
	const char *const at = reading->rest.at;
	const char *const end = memchr(at, '\n', reading->rest.len);
	const size_t len = end == NULL ? reading->rest.len : (size_t)(end - at);
	const size_t taken = end == NULL ? len : len + 1;

	reading->rest = (struct bytes){ at + taken, reading->rest.len - taken };
	reading->line++;
	return (struct bytes){ at, len };
}

static bool is_printable(struct bytes line)
{
	for (size_t i = 0; i < line.len; i++)
		if (line.at[i] != '\t' && (line.at[i] < ' ' || line.at[i] > '~'))
			return false;
	return true;
}

static struct bytes without_comment(struct bytes line)
{
	for (size_t i = 0; i < line.len; i++)
		if (line.at[i] == '#' && (i == 0 || is_blank(line.at[i - 1])))
			return (struct bytes){ line.at, i };
	return line;
}

/* Takes the next word; its len is 0 at the end of the line. */
static struct bytes word_take(struct bytes *words)
{
	struct bytes word;
	size_t len = 0;

	if (words->len == 0)
		return *words;
	while (words->len != 0 && is_blank(words->at[0]))
		*words = (struct bytes){ words->at + 1, words->len - 1 };
	while (len < words->len && !is_blank(words->at[len]))
		len++;
	word = (struct bytes){ words->at, len };
	*words = (struct bytes){ words->at + len, words->len - len };
	return word;
}

static bool word_copy(char out[PEER_MAX], struct bytes word)
{
	if (word.len >= PEER_MAX)
		return false;
	memcpy(out, word.at, word.len);
	out[word.len] = '\0';
	return true;
}

static bool name_read(char out[PEER_MAX], struct bytes word)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-";
	char canonical[PEER_MAX];

	return word_copy(out, word) && out[strspn(out, letters)] == '\0' && strchr("._-", out[0]) == NULL &&
		!peer_canonical(canonical, out);
}

static bool fail(struct peers_fault *fault, enum peers_error error, unsigned line)
{
	*fault = (struct peers_fault){ error, line };
	return false;
}

/* Goes to the next line that has words, and reads its name. */
static bool line_next(struct peers_reading *reading, struct peers_fault *fault)
{
	while (reading->rest.len != 0) {
		struct bytes line = line_take(reading), name;

		if (!is_printable(line))
			return fail(fault, PEERS_BAD_BYTE, reading->line);
		line = without_comment(line);
		name = word_take(&line);
		if (name.len == 0)
			continue;
		if (!name_read(reading->name, name))
			return fail(fault, PEERS_BAD_NAME, reading->line);
		reading->words = line;
		reading->addresses = 0;
		return true;
	}
	return false;
}

bool peers_next(struct peers_entry *out, struct peers_reading *reading, struct peers_fault *fault)
{
	struct bytes word;
	char text[PEER_MAX];

	*fault = (struct peers_fault){ PEERS_OK, 0 };
	while ((word = word_take(&reading->words)).len == 0) {
		if (reading->name[0] != '\0' && reading->addresses == 0)
			return fail(fault, PEERS_NO_ADDRESS, reading->line);
		if (!line_next(reading, fault))
			return false;
	}
	if (!word_copy(text, word) || !peer_canonical(out->address, text))
		return fail(fault, PEERS_BAD_ADDRESS, reading->line);
	reading->addresses++;
	strcpy(out->name, reading->name);
	out->line = reading->line;
	return true;
}

/* Fails if more than one line begins with the name. */
static bool name_is_once(struct peers_fault *fault, struct bytes file, const char *name)
{
	struct peers_reading reading = { .rest = file };
	unsigned lines = 0;

	while (line_next(&reading, fault))
		if (strcmp(reading.name, name) == 0 && ++lines == 2)
			return fail(fault, PEERS_REPEATED_NAME, reading.line);
	return true;
}

bool peers_find(char out[PEER_MAX], struct peers_fault *fault, struct bytes file, const char *address)
{
	struct peers_reading reading = { .rest = file };
	struct peers_entry entry;
	char name[PEER_MAX] = "";

	while (peers_next(&entry, &reading, fault)) {
		if (strcmp(entry.address, address) != 0)
			continue;
		if (name[0] != '\0')
			return fail(fault, PEERS_REPEATED_ADDRESS, entry.line);
		strcpy(name, entry.name);
	}
	if (fault->error != PEERS_OK || (name[0] != '\0' && !name_is_once(fault, file, name)))
		return false;
	strcpy(out, name);
	return true;
}

const char *peers_error_text(enum peers_error error)
{
	switch (error) {
	case PEERS_OK:
		return "no fault";
	case PEERS_BAD_BYTE:
		return "a byte that is neither printable ASCII nor a tab, such as the carriage return of Windows: remove it";
	case PEERS_BAD_NAME:
		return "a line begins with the name of a peer: up to 63 letters, digits, '.', '_' and '-', and no address";
	case PEERS_NO_ADDRESS:
		return "a name without an address: write its addresses behind it";
	case PEERS_BAD_ADDRESS:
		return "behind the name are IPv4 and IPv6 addresses alone, without brackets, prefix or host name";
	case PEERS_REPEATED_NAME:
		return "the name was there before: write all addresses of a peer on one line";
	case PEERS_REPEATED_ADDRESS:
		return "the address was there before: an address belongs to one peer";
	}
	return "unknown fault";
}
