/* SPDX-License-Identifier: Apache-2.0 */
/* scope: what a profile leaves of what a peer may do: which way data goes, which instances it is about, and
 * where the peer may come from. The scope of who has no profile is everything (scope_default()).
 * A plain value, safe to copy; all zeros is a scope in which nothing is left.
 * Pure: no heap, no I/O, no globals. */
#ifndef POLICY_SCOPE_H
#define POLICY_SCOPE_H

#include <stdbool.h>
#include <stdint.h>

#include "policy/attributes.h"
#include "policy/form.h"
#include "policy/limits.h"

/* Addresses that have their first bits in common; IPv4 as IPv6 has it mapped (RFC 4291, 2.5.5.2). */
struct network {
	uint8_t address[16], bits;
};

struct scope {
	unsigned directions;		    /* of enum direction */
	uint8_t instance_count, peer_count; /* 0 for no bound */
	char instances[PATTERNS_MAX][UUID_LEN + 1];
	struct network peers[PATTERNS_MAX];
};

/* Everything. */
void scope_default(struct scope *out);

/* The values of the keys direction, instances and peers. Fails with what is to be changed untouched. */
MUST_USE bool scope_parse_direction(struct scope *scope, const char *value);
MUST_USE bool scope_parse_instances(struct scope *scope, const char *value);
MUST_USE bool scope_parse_peers(struct scope *scope, const char *value);

/* Does data go a way here that is left? An operation that can go both needs one of them. */
bool scope_has_op(const struct scope *scope, enum op op);

/* uuid "" stands for a place that is in no instance: it is in a scope without bound alone. */
bool scope_has_instance(const struct scope *scope, const char *uuid);

/* peer is a canonical address, as peer_parse() gives it. One that is not known is in no bound. */
bool scope_has_peer(const struct scope *scope, const char *peer);

#endif
