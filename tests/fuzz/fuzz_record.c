/* SPDX-License-Identifier: Apache-2.0 */
/* For any peer and command, a record is one bounded printable line with each key once.
 * The input is SSH_CONNECTION, a newline, and the command. */
#include "policy/peer.h"
#include "policy/record.h"
#include "tests/fuzz/must.h"
#include "tests/unit/policy/decide.h"

static size_t count_of(const char *text, char c)
{
	size_t count = 0;

	for (; *text != '\0'; text++)
		count += *text == c;
	return count;
}

/* Blanks and quotes of one kind that are in no value. */
static size_t count_outside(const char *text, char c)
{
	bool inside = false;
	size_t count = 0;

	for (; *text != '\0'; text++) {
		inside ^= *text == '"';
		count += *text == c && !inside;
	}
	MUST(!inside);
	return count;
}

static void check_peer(char out[PEER_MAX], const char *data, size_t len)
{
	char *const text = malloc(len + 1);

	MUST(text != NULL);
	memcpy(text, data, len);
	text[len] = '\0';
	memset(out, 'x', PEER_MAX);
	peer_parse(out, text);
	MUST(memchr(out, '\0', PEER_MAX) != NULL);
	for (const char *at = out; *at != '\0'; at++)
		MUST(words_allow(*at) || *at == '%');
	free(text);
}

static void check_line(const struct record *record)
{
	const char *const line = record->line;

	MUST(!record->full && strlen(line) == record->len && record->len < RECORD_MAX);
	for (const char *at = line; *at != '\0'; at++)
		MUST(*at >= ' ' && *at <= '~');
	if (record->json) {
		MUST(line[0] == '{' && line[record->len - 1] == '}');
		MUST(count_of(line, '"') == 2 * 23 + 2 * 22);
	} else {
		MUST(count_outside(line, ' ') == 22 && count_of(line, '=') == 23);
		MUST(count_of(line, '"') % 2 == 0 && count_outside(line, '\'') == 0 && count_outside(line, '\\') == 0);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct decided decided;
	static struct record record;
	const char *const text = (const char *)data;
	const char *const newline = size == 0 ? NULL : memchr(text, '\n', size);
	const size_t head = newline == NULL ? 0 : (size_t)(newline - text);
	const struct config config = both_transports();
	struct request request = { .present = size % 2 == 0, .uid = (uint32_t)size };

	request.command = (struct bytes){ text + head, size - head };
	check_peer(request.peer, text, head);
	memcpy(request.peer_name, text, size < PEER_MAX ? size : PEER_MAX - 1);
	memcpy(request.user, text, size < USER_MAX ? size : USER_MAX - 1);
	memcpy(request.key, text, size < KEY_MAX ? size : KEY_MAX - 1);
	memcpy(request.cert_id, text, size < CERT_ID_MAX ? size : CERT_ID_MAX - 1);
	decide_line(&decided, &config, request.command, request.forced);
	for (int json = 0; json < 2; json++) {
		record_decide(
			&record, json, &request, &decided.verdict, &(struct terms){ .confine = "landlock:7,seccomp" });
		check_line(&record);
	}
	return 0;
}
