/* SPDX-License-Identifier: Apache-2.0 */
/* claim: ties one instance directory to the peer that is migrating the instance here, for a limited time.
 * Kept on the directory itself as the extended attribute CLAIM_ATTRIBUTE, which no child can set. Its value
 * is "1 WALL BOOT PEER KEY": the version, the seconds of CLOCK_REALTIME and CLOCK_BOOTTIME when it was
 * made, the name or the address (request_peer()) and the key fingerprint of the peer ("-" when not known).
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

/* What a claim means to the peer who asks. */
enum claim_state {
	CLAIM_NONE,    /* nobody claimed it */
	CLAIM_OTHER,   /* another peer did, or what is written there cannot be read */
	CLAIM_EXPIRED, /* this peer did, too long ago */
	CLAIM_BUSY,    /* the instance lives here */
	CLAIM_GRACE,   /* this peer did, a little too long ago: it may still remove what it left */
	CLAIM_STALE,   /* somebody did, long ago, and never put anything in: an mkdir takes it over */
	CLAIM_CHANGED, /* this peer did, and then something else than us changed which files it has */
	CLAIM_OWN,
	CLAIM_PROBE, /* the probe file needs none */
	CLAIM_OFF,   /* claims are not used */
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

/* Writes the value of the attribute. Gives its length, 0 when peer or key hold what cannot be written. */
MUST_USE size_t claim_write(char text[CLAIM_TEXT_MAX], const struct claim *claim);

/* Reads what claim_write() writes, and nothing else. */
MUST_USE bool claim_parse(struct claim *out, struct bytes text);

/* window in seconds. The time that has passed is the longer one of the two clocks', and a wall clock before
 * the claim's ends it: turning a clock back lengthens nothing. */
bool claim_is_over(const struct claim *claim, int64_t window, struct moment now);

/* Seconds until claim_is_over(); 0 in the last second of the claim and after it. */
int64_t claim_left(const struct claim *claim, int64_t window, struct moment now);

/* CLAIM_OWN, CLAIM_OTHER or CLAIM_EXPIRED; CLAIM_GRACE for grace seconds after the window. */
enum claim_state claim_judge(const struct claim *claim, enum claims_identity identity, const struct request *request,
	int64_t window, int64_t grace, struct moment now);

/* The word of the audit field "claim". */
const char *claim_word(enum claim_state state);

#endif
