/* SPDX-License-Identifier: Apache-2.0 */
/* certificate: an OpenSSH user certificate, cut into what we tell of it. We verify nothing: sshd has accepted it.
 * Takes:   the blob that the base64 of a *-cert-v01@openssh.com key stands for, as bytes of a client.
 * Returns: ranges of the blob. The plain key of the certificate is the string plain_type followed by key: a new
 *          certificate for the same key has the same two.
 * Fails:   for a host certificate, an unknown type, an id with a NUL, a certificate signed by a certificate, and for
 *          any byte too few or too many.
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
	struct bytes id;	/* "" is possible */
	struct bytes authority; /* the blob of the key that signed it */
	uint64_t serial;
};

/* Does the blob begin with the type of a certificate, known or not? */
bool certificate_is(struct bytes blob);

/* On failure *out is untouched. */
MUST_USE bool certificate_parse(struct certificate *out, struct bytes blob);

#endif
