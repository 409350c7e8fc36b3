/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/rpc.h"

#include "policy/xdr.h"

enum {
	VERSION = 1,
	TYPE_CALL = 0,
	TYPE_REPLY = 1,
	TYPE_MESSAGE = 2,
	PING = 1,
	PONG = 2,
	STATE_PAUSED = 3,     /* VIR_DOMAIN_PAUSED */
	PAUSED_MIGRATION = 2, /* VIR_DOMAIN_PAUSED_MIGRATION */
	FEATURE_MOST = 64,    /* VIR_DRV_FEATURE_*: 16 of libvirt 11 */
};

#define STEP(name) (1u << RPC_STEP_##name)

/* What a call's body must be. */
enum body {
	BODY_EMPTY,
	BODY_FEATURE,
	BODY_OPEN,
	BODY_MIGRATION, /* judged by migration.h */
};

static const struct call {
	uint32_t procedure;
	unsigned from;	  /* bits of the steps in which it may be called */
	enum rpc_step to; /* RPC_STEP_BEGUN: the step stays */
	enum body body;
} calls[] = {
	{ RPC_AUTH_LIST, STEP(BEGUN), RPC_STEP_LISTED, BODY_EMPTY },
	{ RPC_AUTH_POLKIT, STEP(LISTED), RPC_STEP_ASKED, BODY_EMPTY },
	{ RPC_SUPPORTS_FEATURE, STEP(LISTED) | STEP(ASKED) | STEP(OPENED), RPC_STEP_BEGUN, BODY_FEATURE },
	{ RPC_OPEN, STEP(LISTED) | STEP(ASKED), RPC_STEP_OPENED, BODY_OPEN },
	{ RPC_REGISTER, STEP(OPENED), RPC_STEP_BEGUN, BODY_EMPTY },
	{ RPC_PREPARE, STEP(OPENED), RPC_STEP_PREPARED, BODY_MIGRATION },
	{ RPC_FINISH, STEP(PREPARED), RPC_STEP_FINISHED, BODY_MIGRATION },
	{ RPC_UNREGISTER, STEP(OPENED) | STEP(PREPARED) | STEP(FINISHED), RPC_STEP_BEGUN, BODY_EMPTY },
	{ RPC_CLOSE, STEP(OPENED) | STEP(PREPARED) | STEP(FINISHED), RPC_STEP_CLOSED, BODY_EMPTY },
};

static const struct call *call_find(uint32_t procedure)
{
	for (size_t i = 0; i < N_ELEMENTS(calls); i++)
		if (calls[i].procedure == procedure)
			return &calls[i];
	return NULL;
}

void rpc_begin(struct rpc_session *out)
{
	*out = (struct rpc_session){ .prepared = RPC_NO_REPLY, .finished = RPC_NO_REPLY };
}

void rpc_header_read(struct rpc_header *out, const char bytes[RPC_HEADER])
{
	struct xdr xdr = { { bytes, RPC_HEADER }, false };

	out->length = xdr_uint(&xdr);
	out->program = xdr_uint(&xdr);
	out->version = xdr_uint(&xdr);
	out->procedure = xdr_uint(&xdr);
	out->type = xdr_uint(&xdr);
	out->serial = xdr_uint(&xdr);
	out->status = xdr_uint(&xdr);
}

bool rpc_may_keep_alive(const struct rpc_session *session, const struct rpc_header *header)
{
	if (session->step >= RPC_STEP_OPENED)
		return session->step != RPC_STEP_CLOSED;
	return session->step != RPC_STEP_BEGUN && header->procedure == PONG;
}

bool rpc_is_keepalive(const struct rpc_header *header)
{
	return header->program == RPC_PROGRAM_KEEPALIVE && header->version == VERSION;
}

/* A ping or its answer, which are the same in both directions. */
static enum tunnel_finding keepalive_judge(const struct rpc_header *header)
{
	if (header->type != TYPE_MESSAGE)
		return TUNNEL_TYPE;
	if (header->procedure != PING && header->procedure != PONG)
		return TUNNEL_PROCEDURE;
	if (header->length != RPC_HEADER)
		return TUNNEL_LENGTH;
	return header->serial == 0 && header->status == RPC_OK ? TUNNEL_NOTHING : TUNNEL_ARGUMENTS;
}

enum tunnel_finding rpc_judge_header(const struct rpc_header *header)
{
	if (header->length < RPC_HEADER || header->length > RPC_CALL_MAX)
		return TUNNEL_LENGTH;
	if (rpc_is_keepalive(header))
		return keepalive_judge(header);
	if (header->program != RPC_PROGRAM_REMOTE || header->version != VERSION)
		return TUNNEL_PROGRAM;
	if (header->type != TYPE_CALL)
		return TUNNEL_TYPE;
	if (call_find(header->procedure) == NULL)
		return TUNNEL_PROCEDURE;
	return header->status == RPC_OK ? TUNNEL_NOTHING : TUNNEL_ARGUMENTS;
}

/* remote_open_args: the name may be absent, and no flag makes it read-only. */
static bool is_open(struct xdr *xdr)
{
	static const char name[] = "qemu:///system";

	return xdr_uint(xdr) == 1 && bytes_equal(xdr_string(xdr, sizeof(name)), bytes_of(name)) && xdr_uint(xdr) == 0;
}

static bool body_fits(enum body body, struct bytes bytes)
{
	struct xdr xdr = { bytes, false };

	switch (body) {
	case BODY_EMPTY:
		break;
	case BODY_FEATURE:
		if (xdr_uint(&xdr) > FEATURE_MOST)
			return false;
		break;
	case BODY_OPEN:
		if (!is_open(&xdr))
			return false;
		break;
	case BODY_MIGRATION:
		return true;
	}
	return xdr_is_done(&xdr);
}

/* These may come once, at any of several steps. */
static bool once(bool *flag)
{
	const bool first = !*flag;

	*flag = true;
	return first;
}

static bool count_fits(struct rpc_session *session, uint32_t procedure)
{
	if (procedure == RPC_REGISTER)
		return once(&session->registered);
	if (procedure == RPC_UNREGISTER)
		return session->registered && once(&session->unregistered);
	if (procedure == RPC_SUPPORTS_FEATURE)
		return ++session->features <= RPC_FEATURES_MAX;
	return true;
}

enum tunnel_finding rpc_judge_call(struct rpc_session *session, const struct rpc_header *header, struct bytes body)
{
	const struct call *const call = call_find(header->procedure);
	struct rpc_session next = *session;

	if (call == NULL)
		return TUNNEL_PROCEDURE;
	/* It names a domain. Unless this session made it come, another node's migration of that name would end. */
	if (header->procedure == RPC_FINISH && session->prepared != RPC_OK)
		return TUNNEL_ORDER;
	if (session->waits || (call->from & 1u << session->step) == 0 || !count_fits(&next, header->procedure))
		return TUNNEL_ORDER;
	if (!body_fits(call->body, body))
		return TUNNEL_ARGUMENTS;
	if (call->to != RPC_STEP_BEGUN)
		next.step = call->to;
	next.waits = true;
	next.procedure = header->procedure;
	next.serial = header->serial;
	*session = next;
	return TUNNEL_NOTHING;
}

bool rpc_take_reply(struct rpc_session *session, const struct rpc_header *header)
{
	if (header->length < RPC_HEADER || header->length > RPC_REPLY_MAX)
		return false;
	if (rpc_is_keepalive(header))
		return keepalive_judge(header) == TUNNEL_NOTHING;
	if (header->program != RPC_PROGRAM_REMOTE || header->version != VERSION)
		return false;
	if (header->type == TYPE_MESSAGE) /* an event: the daemon goes away */
		return true;
	if (header->type != TYPE_REPLY || !session->waits || header->serial != session->serial ||
		header->procedure != session->procedure)
		return false;
	session->waits = false;
	if (header->procedure == RPC_PREPARE)
		session->prepared = header->status;
	if (header->procedure == RPC_FINISH)
		session->finished = header->status;
	return true;
}

static char *put(char *at, uint32_t number)
{
	for (unsigned shift = 32; shift != 0; shift -= 8)
		*at++ = (char)(unsigned char)(number >> (shift - 8));
	return at;
}

static unsigned nibble(char digit)
{
	return (unsigned)(digit <= '9' ? digit - '0' : digit - 'a' + 10) & 15;
}

static void put_uuid(char out[RPC_UUID], const char *uuid)
{
	char *at = out;

	for (size_t i = 0; uuid[i] != '\0' && uuid[i + 1] != '\0' && at < out + RPC_UUID;) {
		if (uuid[i] == '-') {
			i++;
			continue;
		}
		*at++ = (char)(unsigned char)(nibble(uuid[i]) << 4 | nibble(uuid[i + 1]));
		i += 2;
	}
}

static char *put_call(char *at, uint32_t length, uint32_t procedure, uint32_t serial)
{
	const uint32_t header[] = { length, RPC_PROGRAM_REMOTE, VERSION, procedure, TYPE_CALL, serial, RPC_OK };

	for (size_t i = 0; i < N_ELEMENTS(header); i++)
		at = put(at, header[i]);
	return at;
}

void rpc_write_lookup(char out[RPC_HEADER + RPC_UUID], uint32_t serial, const char *uuid)
{
	put_uuid(put_call(out, RPC_HEADER + RPC_UUID, RPC_LOOKUP_BY_UUID, serial), uuid);
}

size_t rpc_write_of_domain(char out[RPC_HEADER + RPC_DOMAIN_MAX], enum rpc_procedure procedure, uint32_t serial,
	const char *uuid, const char *name, int32_t id)
{
	const bool has_flags = procedure == RPC_GET_STATE;
	const size_t len = strlen(name), padded = (len + 3) / 4 * 4, number = 4;
	const size_t length = RPC_HEADER + number + padded + RPC_UUID + number + (has_flags ? number : 0);
	char *at;

	if (length > RPC_HEADER + RPC_DOMAIN_MAX)
		return 0;
	at = put(put_call(out, (uint32_t)length, procedure, serial), (uint32_t)len);
	memset(at, 0, padded);
	memcpy(at, name, len);
	put_uuid(at + padded, uuid);
	at = put(at + padded + RPC_UUID, (uint32_t)id);
	if (has_flags)
		(void)put(at, 0);
	return length;
}

bool rpc_is_arriving(struct bytes body)
{
	struct xdr xdr = { body, false };
	const uint32_t state = xdr_uint(&xdr), reason = xdr_uint(&xdr);

	return xdr_is_done(&xdr) && state == STATE_PAUSED && reason == PAUSED_MIGRATION;
}

bool rpc_read_domain(int32_t *id, struct bytes body, const char *uuid, const char *name)
{
	struct xdr xdr = { body, false };
	const struct bytes name_found = xdr_string(&xdr, RPC_DOMAIN_MAX);
	const struct bytes uuid_found = xdr_fixed(&xdr, RPC_UUID);
	const uint32_t number = xdr_uint(&xdr);
	char wanted[RPC_UUID] = "";

	put_uuid(wanted, uuid);
	if (!xdr_is_done(&xdr) || memcmp(uuid_found.at, wanted, RPC_UUID) != 0 ||
		!bytes_equal(name_found, bytes_of(name)) || number > INT32_MAX)
		return false;
	*id = (int32_t)number;
	return true;
}
