/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/scope.h"

#include <arpa/inet.h>
#include <string.h>

#include "policy/list.h"
#include "policy/path.h"
#include "policy/request.h"

void scope_default(struct scope *out)
{
	*out = (struct scope){ .directions = DIRECTION_BOTH | DIRECTION_LIVE };
}

bool scope_parse_direction(struct scope *scope, const char *value)
{
	if (strcmp(value, "receive") == 0)
		scope->directions = DIRECTION_RECEIVE;
	else if (strcmp(value, "send") == 0)
		scope->directions = DIRECTION_SEND;
	else if (strcmp(value, "live") == 0)
		scope->directions = DIRECTION_LIVE;
	else if (strcmp(value, "all") == 0)
		scope->directions = DIRECTION_BOTH | DIRECTION_LIVE;
	else
		return false;
	return true;
}

bool scope_parse_instances(struct scope *scope, const char *value)
{
	char word[VALUE_MAX];
	uint8_t count = 0;

	for (const char *rest = value; list_next(word, &rest); count++)
		if (count == PATTERNS_MAX || !path_is_uuid(word, strlen(word)))
			return false;
	scope->instance_count = count;
	for (uint8_t i = 0; i < count; i++) {
		(void)list_next(word, &value);
		memcpy(scope->instances[i], word, UUID_LEN + 1);
	}
	return true;
}

/* Returns the number of bits of the address, or 0 if it is none. */
static unsigned address_parse(uint8_t out[16], const char *text)
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };

	if (inet_pton(AF_INET6, text, out) == 1)
		return 128;
	memcpy(out, mapped, sizeof(mapped));
	return inet_pton(AF_INET, text, out + sizeof(mapped)) == 1 ? 32 : 0;
}

/* Reads the number after "/". all: the bits of the address. */
static bool bits_parse(uint8_t *out, const char *text, unsigned all)
{
	const size_t len = strspn(text, "0123456789");
	unsigned bits = 0;

	if (len == 0 || len > 3 || text[len] != '\0' || (len > 1 && text[0] == '0'))
		return false;
	for (size_t i = 0; i < len; i++)
		bits = bits * 10 + (unsigned)(text[i] - '0');
	if (bits > all)
		return false;
	*out = (uint8_t)(128 - all + bits);
	return true;
}

/* Returns byte i of a mask of bits. */
static uint8_t mask_byte(unsigned bits, unsigned i)
{
	if (bits >= 8 * (i + 1))
		return 0xff;
	if (bits <= 8 * i)
		return 0;
	return (uint8_t)(0xffu << (8 - bits % 8));
}

/* Reads ADDRESS or ADDRESS/BITS. An address with bits set after BITS is a typing error. */
static bool network_parse(struct network *out, char *text)
{
	char *const slash = strchr(text, '/');
	unsigned all;

	if (slash != NULL)
		*slash = '\0';
	all = address_parse(out->address, text);
	if (all == 0)
		return false;
	out->bits = 128;
	if (slash != NULL && !bits_parse(&out->bits, slash + 1, all))
		return false;
	for (unsigned i = 0; i < sizeof(out->address); i++)
		if ((out->address[i] & ~mask_byte(out->bits, i)) != 0)
			return false;
	return true;
}

bool scope_parse_peers(struct scope *scope, const char *value)
{
	struct network found[PATTERNS_MAX];
	char word[VALUE_MAX];
	uint8_t count = 0;

	for (; list_next(word, &value); count++)
		if (count == PATTERNS_MAX || !network_parse(&found[count], word))
			return false;
	scope->peer_count = count;
	memcpy(scope->peers, found, count * sizeof(found[0]));
	return true;
}

bool scope_has_op(const struct scope *scope, enum op op)
{
	return (scope->directions & op_row(op)->directions) != 0;
}

bool scope_has_instance(const struct scope *scope, const char *uuid)
{
	for (uint8_t i = 0; i < scope->instance_count; i++)
		if (strcmp(scope->instances[i], uuid) == 0)
			return true;
	return scope->instance_count == 0;
}

static bool network_has(const struct network *network, const uint8_t address[16])
{
	for (unsigned i = 0; i < 16; i++)
		if (((network->address[i] ^ address[i]) & mask_byte(network->bits, i)) != 0)
			return false;
	return true;
}

bool scope_has_peer(const struct scope *scope, const char *peer)
{
	char text[PEER_MAX];
	uint8_t address[16];
	size_t len;

	if (scope->peer_count == 0)
		return true;
	len = strcspn(peer, "%"); /* the zone of a link-local address means something on this node only */
	if (len >= sizeof(text))
		return false;
	memcpy(text, peer, len);
	text[len] = '\0';
	if (address_parse(address, text) == 0)
		return false;
	for (uint8_t i = 0; i < scope->peer_count; i++)
		if (network_has(&scope->peers[i], address))
			return true;
	return false;
}
