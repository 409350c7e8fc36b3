/* SPDX-License-Identifier: Apache-2.0 */
/* rpc: the messages of libvirt's client that a peer-to-peer live migration makes, in their order, and no others.
 * Takes:   a header, then the body behind it; untrusted bytes.
 * Order:   each call waits for the reply to the one before it. One migration in a session; it is finished only if the
 *          daemon prepared it.
 * Source:  libvirt's "RPC protocol" page, virnetprotocol.x, remote_protocol.x, virkeepaliveprotocol.x; recorded from
 *          libvirt 9.0.0 and 11.3.0.
 * Pure: no heap, no I/O, no globals. */
#ifndef POLICY_RPC_H
#define POLICY_RPC_H

#include <stdbool.h>
#include <stdint.h>

#include "policy/attributes.h"
#include "policy/bytes.h"
#include "policy/tunnel.h"

enum {
	RPC_HEADER = 28,		  /* bytes, the length field among them */
	RPC_CALL_MAX = 1024 * 1024,	  /* bytes of a call: domains take some ten thousand */
	RPC_REPLY_MAX = 32 * 1024 * 1024, /* VIR_NET_MESSAGE_MAX and its length field */
	RPC_FEATURES_MAX = 32,		  /* SUPPORTS_FEATURE in a session; a client asks six times */
	RPC_UUID = 16,
	RPC_DOMAIN_MAX = 96, /* bytes of a domain in a message: its name of 63 at most, its uuid and its number */
};

enum rpc_program {
	RPC_PROGRAM_LXC = 0x00068000,
	RPC_PROGRAM_ADMIN = 0x06900690,
	RPC_PROGRAM_REMOTE = 0x20008086,
	RPC_PROGRAM_QEMU = 0x20008087,
	RPC_PROGRAM_KEEPALIVE = 0x6b656570,
};

enum rpc_procedure {
	RPC_OPEN = 1,
	RPC_CLOSE = 2,
	RPC_DESTROY = 12,	 /* ours alone */
	RPC_LOOKUP_BY_UUID = 24, /* ours alone */
	RPC_SUPPORTS_FEATURE = 60,
	RPC_AUTH_LIST = 66,
	RPC_AUTH_POLKIT = 70,
	RPC_GET_STATE = 212, /* ours alone */
	RPC_PREPARE = 303,   /* DOMAIN_MIGRATE_PREPARE3_PARAMS */
	RPC_FINISH = 306,    /* DOMAIN_MIGRATE_FINISH3_PARAMS */
	RPC_REGISTER = 360,  /* CONNECT_REGISTER_CLOSE_CALLBACK */
	RPC_UNREGISTER = 361,
};

struct rpc_header {
	uint32_t length, program, version, procedure, type, serial, status;
};

enum rpc_step {
	RPC_STEP_BEGUN,
	RPC_STEP_LISTED, /* the kinds of authentication */
	RPC_STEP_ASKED,	 /* polkit */
	RPC_STEP_OPENED,
	RPC_STEP_PREPARED,
	RPC_STEP_FINISHED,
	RPC_STEP_CLOSED,
};

/* All zeros is one that has not begun. */
struct rpc_session {
	enum rpc_step step;
	bool waits; /* for the reply to: */
	uint32_t procedure, serial;
	bool registered, unregistered;
	unsigned features;
	uint32_t prepared, finished; /* status of their replies, RPC_NO_REPLY before */
};

enum {
	RPC_OK = 0,
	RPC_ERROR = 1,
	RPC_NO_REPLY = 0xff,
};

void rpc_begin(struct rpc_session *out);

void rpc_header_read(struct rpc_header *out, const char bytes[RPC_HEADER]);

/* May a client send a message with this header at all? Asked before its body is read. */
MUST_USE enum tunnel_finding rpc_judge_header(const struct rpc_header *header);

bool rpc_is_keepalive(const struct rpc_header *header);

/* May the client send this keepalive now? It asks once the connection is open; it answers the daemon, which asks as soon
 * as it knows that the client can. */
bool rpc_may_keep_alive(const struct rpc_session *session, const struct rpc_header *header);

/* May it send the call now, with this body? Those of a migration are judged by migration.h besides. Changes session if
 * so. */
MUST_USE enum tunnel_finding rpc_judge_call(
	struct rpc_session *session, const struct rpc_header *header, struct bytes body);

/* Is the header one that a daemon sends? A reply ends the wait for it. */
MUST_USE bool rpc_take_reply(struct rpc_session *session, const struct rpc_header *header);

/* Our own question, with the serial of the client's last call: which domain has this uuid here? */
void rpc_write_lookup(char out[RPC_HEADER + RPC_UUID], uint32_t serial, const char *uuid);

/* Our own call of RPC_GET_STATE or RPC_DESTROY for that domain, with the serial of the client's last call. Returns its
 * length, 0 if the name is too long. */
size_t rpc_write_of_domain(char out[RPC_HEADER + RPC_DOMAIN_MAX], enum rpc_procedure procedure, uint32_t serial,
	const char *uuid, const char *name, int32_t id);

/* The answer to RPC_GET_STATE: has the domain arrived in part only, and never run here? */
bool rpc_is_arriving(struct bytes body);

/* The answer to a lookup: is body a running domain with this uuid and this name? *id is then libvirt's number of it, which
 * the next domain of that name does not have. Source: remote_nonnull_domain of remote_protocol.x. */
MUST_USE bool rpc_read_domain(int32_t *id, struct bytes body, const char *uuid, const char *name);

#endif
