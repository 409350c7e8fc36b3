/* SPDX-License-Identifier: Apache-2.0 */
/* scope: what a profile allows: the directions, the instances, and the addresses of peers.
 * Without a profile, scope_default() allows everything. A plain value, safe to copy; all zeros allows nothing.
 * Pure: no heap, no I/O, no globals. */
#ifndef POLICY_SCOPE_H
#define POLICY_SCOPE_H

#include <stdbool.h>
#include <stdint.h>

#include "policy/attributes.h"
#include "policy/form.h"
#include "policy/limits.h"

/* Addresses with the same first bits. IPv4 addresses are IPv4-mapped IPv6 addresses (RFC 4291, 2.5.5.2). */
struct network {
	uint8_t address[16], bits;
};

struct scope {
	unsigned directions;		    /* of enum direction */
	uint8_t instance_count, peer_count; /* 0 for no bound */
	char instances[PATTERNS_MAX][UUID_LEN + 1];
	struct network peers[PATTERNS_MAX];
};

/* Allows everything. */
void scope_default(struct scope *out);

/* Read the values of the keys direction, instances and peers. On failure *scope is untouched. */
MUST_USE bool scope_parse_direction(struct scope *scope, const char *value);
MUST_USE bool scope_parse_instances(struct scope *scope, const char *value);
MUST_USE bool scope_parse_peers(struct scope *scope, const char *value);

/* True if the profile allows a direction of op. One direction is enough. */
bool scope_has_op(const struct scope *scope, enum op op);

/* uuid "" is a place outside all instances; only a scope without a list of instances has it. */
bool scope_has_instance(const struct scope *scope, const char *uuid);

/* peer: an address in the form of peer_parse(). An unknown one is in no list. */
bool scope_has_peer(const struct scope *scope, const char *peer);

#endif
