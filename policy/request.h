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
	PEER_MAX = 64,	/* an address with its ending NUL */
	KEY_MAX = 64,	/* "SHA256:" and 43 letters, with room */
	USER_MAX = 33,
	REF_MAX = 17,	/* 16 hex digits */
};

struct request {
	struct bytes command;
	bool present;	/* there is a command at all */
	bool forced;	/* it came in SSH_ORIGINAL_COMMAND */
	uint32_t uid;
	char user[USER_MAX];
	char peer[PEER_MAX]; /* canonical address, "-" when unknown */
	char key[KEY_MAX];   /* fingerprint, "-" when sshd does not expose it */
	char profile[PROFILE_MAX]; /* "" for none */
	char ref[REF_MAX];   /* names this run in every record and refusal */
};

#endif
