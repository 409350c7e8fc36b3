/* SPDX-License-Identifier: Apache-2.0 */
/* identity: a peer as an operator names it by --peer and --key, in the form that claims and audit
 * use. Fails with -1 and a line on standard error when either is not what sshd could say. */
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
