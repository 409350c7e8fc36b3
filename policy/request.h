/* SPDX-License-Identifier: Apache-2.0 */
/* request: one command as it reached us, and its sender.
 * shell/request.h fills it. Every byte of command is the client's.
 * Owns nothing: command borrows from argv or the environment. */
#ifndef POLICY_REQUEST_H
#define POLICY_REQUEST_H

#include <stdbool.h>
#include <stdint.h>

#include "policy/bytes.h"
#include "policy/limits.h"

enum {
	PEER_MAX = 64,	   /* an address with its ending NUL */
	KEY_MAX = 64,	   /* "SHA256:" and 43 letters, with room */
	CERT_ID_MAX = 264, /* longer than a record may show, so that the record shows the cut */
	SERIAL_MAX = 21,   /* of 64 bits, decimal */
	USER_MAX = 33,
	REF_MAX = 17, /* 16 hex digits */
};

struct request {
	struct bytes command;
	bool present; /* the client sent a command */
	bool forced;  /* it came in SSH_ORIGINAL_COMMAND */
	uint32_t uid;
	char user[USER_MAX];
	char peer[PEER_MAX];	  /* canonical address, "-" when unknown */
	char peer_name[PEER_MAX]; /* the name of this address in [claims] peers_file, "" for none */
	char key[KEY_MAX];	  /* fingerprint, "-" when sshd does not expose it */
	char cert_id[CERT_ID_MAX], cert_serial[SERIAL_MAX]; /* of the certificate, "" for none; the id may be cut */
	char ca[KEY_MAX];				    /* fingerprint of the key that signed it, "" for none */
	char profile[PROFILE_MAX];			    /* "" for none */
	char ref[REF_MAX];				    /* names this run in every record and refusal */
};

/* Returns the peer as claims have it: its name, else its address. */
static inline const char *request_peer(const struct request *request)
{
	return request->peer_name[0] != '\0' ? request->peer_name : request->peer;
}

#endif
