/* SPDX-License-Identifier: Apache-2.0 */
/* certificate: the fields of an OpenSSH user certificate that the audit names. Verifies nothing: sshd has accepted it.
 * Takes:   the decoded blob of a *-cert-v01@openssh.com key. Its bytes are the client's.
 * Returns: ranges of the blob. The certificate's plain key is the string plain_type followed by key; a
 *          renewed certificate for the same key has the same two.
 * Fails:   for a host certificate, an unknown type, an id with a NUL, a certificate signed by a certificate, and for
 *          a blob that is too short or too long.
 * Source:  PROTOCOL.certkeys of OpenSSH.
 * Pure: no heap, no I/O, no globals. */
#ifndef POLICY_CERTIFICATE_H
#define POLICY_CERTIFICATE_H

#include <stdbool.h>
#include <stdint.h>

#include "policy/attributes.h"
#include "policy/bytes.h"

struct certificate {
	const char *plain_type; /* a constant */
	struct bytes key;	/* the public key without its type, as in the blob of a plain key */
	struct bytes id;	/* may be empty */
	struct bytes authority; /* the blob of the key that signed it */
	uint64_t serial;
};

/* True if the blob begins with the type of a certificate, even an unknown type. */
bool certificate_is(struct bytes blob);

/* On failure *out is untouched. */
MUST_USE bool certificate_parse(struct certificate *out, struct bytes blob);

#endif
