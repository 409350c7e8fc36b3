/* SPDX-License-Identifier: Apache-2.0 */
/* A profile allows what its text says, by a second reading. A refused value changes nothing.
 * The input is the values of direction, instances and peers, then a peer and a uuid, a line each. */
#include <arpa/inet.h>
#include <string.h>

#include "policy/request.h"
#include "policy/path.h"
#include "policy/scope.h"
#include "tests/fuzz/lines.h"
#include "tests/fuzz/must.h"

/* Writes the sixteen bytes of an address. Returns 0 if it is none. */
static unsigned address_of(uint8_t out[16], const char *text)
{
	memcpy(out, "\0\0\0\0\0\0\0\0\0\0\xff\xff", 12);
	if (inet_pton(AF_INET, text, out + 12) == 1)
		return 32;
	return inet_pton(AF_INET6, text, out) == 1 ? 128 : 0;
}

static bool bit_of(const uint8_t address[16], unsigned i)
{
	return (address[i / 8] >> (7 - i % 8) & 1) != 0;
}

/* True if an accepted element of the list has the address. */
static bool element_holds(char *text, const uint8_t address[16])
{
	char *const slash = strchr(text, '/');
	uint8_t network[16];
	unsigned all, bits;

	if (slash != NULL)
		*slash = '\0';
	all = address_of(network, text);
	MUST(all != 0);
	bits = 128 - all + (slash != NULL ? (unsigned)atoi(slash + 1) : all);
	MUST(bits <= 128);
	for (unsigned i = 0; i < bits; i++)
		if (bit_of(network, i) != bit_of(address, i))
			return false;
	return true;
}

static bool list_holds(const char *list, const char *peer)
{
	char *const copy = strdup(list), *const asked = strndup(peer, strcspn(peer, "%"));
	uint8_t address[16];
	bool holds = false;
	char *rest = copy;

	MUST(copy != NULL && asked != NULL);
	if (address_of(address, asked) != 0)
		for (char *word; (word = strsep(&rest, ", \t")) != NULL;)
			holds = holds || (word[0] != '\0' && element_holds(word, address));
	free(copy);
	free(asked);
	return holds;
}

static void check_direction(const char *text)
{
	struct scope scope = { .directions = 0 };
	const bool is_all = strcmp(text, "all") == 0;

	if (!scope_parse_direction(&scope, text)) {
		MUST(scope.directions == 0);
		return;
	}
	MUST(scope_has_op(&scope, OP_RECEIVE) == (is_all || strcmp(text, "receive") == 0));
	MUST(scope_has_op(&scope, OP_SEND) == (is_all || strcmp(text, "send") == 0));
	MUST(scope_has_op(&scope, OP_LIBVIRT) == (is_all || strcmp(text, "live") == 0));
	MUST(scope_has_op(&scope, OP_SFTP) == (strcmp(text, "live") != 0));
	MUST(!scope_has_op(&scope, OP_NONE) && !scope_has_op(&scope, OP_COUNT));
}

static void check_instances(const char *list, const char *uuid)
{
	struct scope scope;

	scope_default(&scope);
	if (!scope_parse_instances(&scope, list)) {
		MUST(scope.instance_count == 0);
		return;
	}
	MUST(scope.instance_count >= 1 && scope.instance_count <= PATTERNS_MAX);
	MUST(!scope_has_instance(&scope, ""));
	for (unsigned i = 0; i < scope.instance_count; i++)
		MUST(path_is_uuid(scope.instances[i], strlen(scope.instances[i])));
	if (path_is_uuid(uuid, strlen(uuid)))
		MUST(scope_has_instance(&scope, uuid) == (strstr(list, uuid) != NULL));
	else
		MUST(!scope_has_instance(&scope, uuid));
}

static void check_peers(const char *list, const char *peer)
{
	struct scope scope;

	scope_default(&scope);
	if (!scope_parse_peers(&scope, list)) {
		MUST(scope.peer_count == 0);
		return;
	}
	MUST(scope.peer_count >= 1 && scope.peer_count <= PATTERNS_MAX);
	MUST(!scope_has_peer(&scope, "-"));
	if (strlen(peer) < PEER_MAX)
		MUST(scope_has_peer(&scope, peer) == list_holds(list, peer));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct lines lines;

	if (!lines_cut(&lines, data, size, 5))
		return 0;
	check_direction(lines.at[0]);
	check_instances(lines.at[1], lines.at[4]);
	check_peers(lines.at[2], lines.at[3]);
	lines_drop(&lines);
	return 0;
}
