/* SPDX-License-Identifier: Apache-2.0 */
/* claim: ties one instance directory to the peer that is migrating the instance here, for a limited time.
 * The claim is the extended attribute CLAIM_ATTRIBUTE of the directory, which no child can set. Its value is
 * "1 WALL BOOT PEER KEY": the version; the seconds of CLOCK_REALTIME and CLOCK_BOOTTIME when it was made; the peer's
 * name or address (request_peer()); the fingerprint of the peer's key. "-" means unknown.
 * Pure: no heap, no I/O, no globals. */
#ifndef POLICY_CLAIM_H
#define POLICY_CLAIM_H

#include <stdbool.h>
#include <stdint.h>

#include "policy/attributes.h"
#include "policy/bytes.h"
#include "policy/request.h"

#define CLAIM_ATTRIBUTE "user.rssh-nova.claim"

enum {
	CLAIM_TEXT_MAX = 192, /* with its ending NUL */
};

/* What the claim on an instance means to the peer of a request. */
enum claim_state {
	CLAIM_NONE,    /* no claim */
	CLAIM_OTHER,   /* another peer's claim, or one that cannot be read */
	CLAIM_EXPIRED, /* this peer's claim, after window and grace */
	CLAIM_BUSY,    /* the instance lives here */
	CLAIM_GRACE,   /* this peer's claim, after window: it may still remove what it left */
	CLAIM_STALE,   /* any peer's old claim on an empty directory: an mkdir takes it over */
	CLAIM_CHANGED, /* this peer's claim, but another program changed which files the instance has (node/seal.h) */
	CLAIM_OWN,     /* this peer's claim, in force */
	CLAIM_PROBE,   /* a probe file needs no claim */
	CLAIM_OFF,     /* [claims] mode = off */
	CLAIM_COUNT
};

enum claims_mode {
	CLAIMS_ENFORCE,
	CLAIMS_AUDIT,
	CLAIMS_OFF,
};

enum claims_identity {
	IDENTITY_ADDRESS_AND_KEY,
	IDENTITY_ADDRESS,
	IDENTITY_KEY,
};

struct moment {
	int64_t wall, boot; /* seconds */
};

struct claim {
	struct moment made;
	char peer[PEER_MAX], key[KEY_MAX];
};

/* Writes the value of the attribute. Returns its length, or 0 if the peer or the key is no printable word. */
MUST_USE size_t claim_write(char text[CLAIM_TEXT_MAX], const struct claim *claim);

/* Reads a value that claim_write() writes; fails for any other. */
MUST_USE bool claim_parse(struct claim *out, struct bytes text);

/* True if the claim is older than window, in seconds, by either clock, or if the wall clock is before the claim. So
 * setting a clock back extends no claim. */
bool claim_is_over(const struct claim *claim, int64_t window, struct moment now);

/* Returns the seconds until claim_is_over(): 0 in the last second of the claim and after it. */
int64_t claim_left(const struct claim *claim, int64_t window, struct moment now);

/* Returns CLAIM_OWN, CLAIM_OTHER or CLAIM_EXPIRED, or CLAIM_GRACE for grace seconds after window. */
enum claim_state claim_judge(const struct claim *claim, enum claims_identity identity, const struct request *request,
	int64_t window, int64_t grace, struct moment now);

/* The word of the audit field "claim". */
const char *claim_word(enum claim_state state);

#endif
