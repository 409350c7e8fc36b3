/* SPDX-License-Identifier: Apache-2.0 */
/* identity: a peer that the operator names with --peer and --key, in the form of claims and audit.
 * Fails with -1 and a line on standard error if sshd could not report such a peer or key. */
#ifndef ADMIN_IDENTITY_H
#define ADMIN_IDENTITY_H

#include "policy/attributes.h"
#include "policy/request.h"

struct identity {
	char peer[PEER_MAX], key[KEY_MAX]; /* "-" for none */
};

/* peer and key may be NULL. */
MUST_USE int identity_read(struct identity *out, const char *peer, const char *key);

#endif
