/* SPDX-License-Identifier: Apache-2.0 */
/* answer: what libvirt's daemon sends, message by message. It holds the first bytes of a message alone, because a
 * message may have megabytes.
 * Source: libvirt's "RPC protocol" page. */
#ifndef SHELL_ANSWER_H
#define SHELL_ANSWER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "policy/attributes.h"
#include "policy/bytes.h"
#include "policy/rpc.h"

enum {
	ANSWER_PART_MAX = 64 * 1024,
};

/* What a read has brought. */
enum answer_part {
	ANSWER_GONE, /* the daemon has gone, or sends no message of the protocol */
	ANSWER_PART_OF_HEADER,
	ANSWER_HEADER,
	ANSWER_PART_OF_BODY,
};

/* All zeros is one before the first message. */
struct answer {
	struct rpc_header header; /* of the message under way, once it has come */
	bool whole;		  /* all of it has come */
	struct bytes part;	  /* to be handed on: the header once it is whole, or the bytes of the body just read */
	char first[RPC_DOMAIN_MAX]; /* bytes of its body */
	size_t first_len;

	size_t head_len;
	uint32_t left; /* bytes of the body that are still to come */
	char head[RPC_HEADER];
	char chunk[ANSWER_PART_MAX];
};

/* Reads once from the daemon, and waits for it if it has sent nothing. */
MUST_USE enum answer_part answer_read(struct answer *answer, int daemon);

/* The body of a short message that is whole. */
struct bytes answer_first(const struct answer *answer);

#endif
