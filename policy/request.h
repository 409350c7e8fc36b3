/* SPDX-License-Identifier: Apache-2.0 */
/* request: one command as it reached us, with what is known of who sent it.
 * Owns nothing: command and user borrow from argv, the environment or their owner's buffers.
 * Filled by shell/request.h; every byte of command is the client's. */
#ifndef POLICY_REQUEST_H
#define POLICY_REQUEST_H

#include <stdbool.h>
#include <stdint.h>

#include "policy/bytes.h"
#include "policy/limits.h"

enum {
	PEER_MAX = 64,	   /* an address with its ending NUL */
	KEY_MAX = 64,	   /* "SHA256:" and 43 letters, with room */
	CERT_ID_MAX = 264, /* longer than a record shows, so that it shows that it cuts */
	SERIAL_MAX = 21,   /* of 64 bits, decimal */
	USER_MAX = 33,
	REF_MAX = 17, /* 16 hex digits */
};

struct request {
	struct bytes command;
	bool present; /* there is a command at all */
	bool forced;  /* it came in SSH_ORIGINAL_COMMAND */
	uint32_t uid;
	char user[USER_MAX];
	char peer[PEER_MAX];	  /* canonical address, "-" when unknown */
	char peer_name[PEER_MAX]; /* of the peer that has this address, "" if [claims] peers_file names none */
	char key[KEY_MAX];	  /* fingerprint, "-" when sshd does not expose it */
	char cert_id[CERT_ID_MAX], cert_serial[SERIAL_MAX]; /* of the certificate, "" for none; the id may be cut */
	char ca[KEY_MAX];				    /* fingerprint of the key that signed it, "" for none */
	char profile[PROFILE_MAX];			    /* "" for none */
	char ref[REF_MAX];				    /* names this run in every record and refusal */
};

/* What the peer is called in claims: its name, else its address. */
static inline const char *request_peer(const struct request *request)
{
	return request->peer_name[0] != '\0' ? request->peer_name : request->peer;
}

#endif
