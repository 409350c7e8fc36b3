/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>

#include "policy/rpc.h"

enum {
	REMOTE = 0x20008086,
	KEEPALIVE = 0x6b656570,
	PROCEDURES = 460, /* of the remote protocol; 453 in libvirt 11.3 */
};

static struct rpc_session session;
static uint32_t serial;

static struct rpc_header call_of(uint32_t procedure, size_t body)
{
	return (struct rpc_header){ RPC_HEADER + (uint32_t)body, REMOTE, 1, procedure, 0, serial++, RPC_OK };
}

static const struct bytes opened = { "\0\0\0\1\0\0\0\016qemu:///system\0\0\0\0\0\0", 28 };
static const struct bytes feature = { "\0\0\0\012", 4 };
static const struct bytes empty = { "", 0 };

static struct bytes body_of(uint32_t procedure)
{
	return procedure == RPC_OPEN ? opened : procedure == RPC_SUPPORTS_FEATURE ? feature : empty;
}

static enum tunnel_finding send_body(uint32_t procedure, struct bytes body)
{
	const struct rpc_header header = call_of(procedure, body.len);

	return rpc_judge_call(&session, &header, body);
}

static bool answer(uint32_t status)
{
	const struct rpc_header header = { RPC_HEADER, REMOTE, 1, session.procedure, 1, session.serial, status };

	return rpc_take_reply(&session, &header);
}

/* The call and its reply. */
static enum tunnel_finding go(uint32_t procedure)
{
	const enum tunnel_finding finding = send_body(procedure, body_of(procedure));

	if (finding == TUNNEL_NOTHING)
		cr_assert(answer(RPC_OK));
	return finding;
}

static void begin(void)
{
	serial = 0;
	rpc_begin(&session);
}

/* As libvirt 9.0.0 and 11.3.0 send them. */
static const uint32_t real[] = {
	RPC_AUTH_LIST,
	RPC_SUPPORTS_FEATURE,
	RPC_OPEN,
	RPC_SUPPORTS_FEATURE,
	RPC_SUPPORTS_FEATURE,
	RPC_REGISTER,
	RPC_SUPPORTS_FEATURE,
	RPC_SUPPORTS_FEATURE,
	RPC_SUPPORTS_FEATURE,
	RPC_PREPARE,
	RPC_FINISH,
	RPC_UNREGISTER,
	RPC_CLOSE,
};

Test(rpc, lets_a_real_migration_through, .init = begin)
{
	for (size_t i = 0; i < N_ELEMENTS(real); i++)
		cr_assert_eq(go(real[i]), TUNNEL_NOTHING, "call %zu", i);
	cr_assert_eq(session.step, RPC_STEP_CLOSED);
	cr_assert_eq(session.prepared, RPC_OK);
	cr_assert_eq(session.finished, RPC_OK);
}

Test(rpc, knows_these_procedures_and_no_other)
{
	static const uint32_t known[] = { RPC_OPEN, RPC_CLOSE, RPC_SUPPORTS_FEATURE, RPC_AUTH_LIST, RPC_AUTH_POLKIT,
		RPC_PREPARE, RPC_FINISH, RPC_REGISTER, RPC_UNREGISTER };
	unsigned passed = 0;

	for (uint32_t procedure = 0; procedure < PROCEDURES; procedure++) {
		const struct rpc_header header = call_of(procedure, 0);
		bool is_known = false;

		for (size_t i = 0; i < N_ELEMENTS(known); i++)
			is_known = is_known || known[i] == procedure;
		cr_expect_eq(rpc_judge_header(&header), is_known ? TUNNEL_NOTHING : TUNNEL_PROCEDURE, "%u", procedure);
		passed += is_known;
	}
	cr_expect_eq(passed, N_ELEMENTS(known));
	rpc_begin(&session);
	cr_expect_eq(send_body(RPC_LOOKUP_BY_UUID, empty), TUNNEL_PROCEDURE, "without its header judged before");
	cr_expect_eq(
		rpc_judge_header(&(struct rpc_header){ RPC_HEADER, REMOTE, 1, UINT32_MAX, 0, 0, 0 }), TUNNEL_PROCEDURE);
}

/* At each step of a real session every other call is refused, and changes nothing. */
Test(rpc, has_one_order, .init = begin)
{
	static const uint32_t all[] = { RPC_OPEN, RPC_CLOSE, RPC_AUTH_LIST, RPC_PREPARE, RPC_FINISH, RPC_REGISTER,
		RPC_UNREGISTER };

	for (size_t i = 0; i < N_ELEMENTS(real); i++) {
		for (size_t j = 0; j < N_ELEMENTS(all); j++) {
			struct rpc_session before = session;
			/* What a client that gives up early may do. */
			const bool early = (session.step >= RPC_STEP_OPENED && session.step < RPC_STEP_CLOSED &&
						   all[j] == RPC_CLOSE) ||
				(session.registered && !session.unregistered && all[j] == RPC_UNREGISTER) ||
				(session.step == RPC_STEP_OPENED && all[j] == RPC_PREPARE) ||
				(session.step == RPC_STEP_OPENED && !session.registered && all[j] == RPC_REGISTER) ||
				(session.step == RPC_STEP_LISTED && all[j] == RPC_OPEN);

			if (all[j] == real[i])
				continue;
			cr_expect_eq(send_body(all[j], body_of(all[j])), early ? TUNNEL_NOTHING : TUNNEL_ORDER,
				"step %zu, %u", i, all[j]);
			if (!early)
				cr_expect_eq(memcmp(&session, &before, sizeof(session)), 0);
			session = before;
		}
		cr_assert_eq(go(real[i]), TUNNEL_NOTHING);
	}
	for (size_t j = 0; j < N_ELEMENTS(all); j++)
		cr_expect_eq(send_body(all[j], body_of(all[j])), TUNNEL_ORDER, "closed, %u", all[j]);
}

/* It would reach another node's migration of the same name. */
Test(rpc, finishes_only_what_the_daemon_prepared, .init = begin)
{
	for (size_t i = 0; real[i] != RPC_PREPARE; i++)
		cr_assert_eq(go(real[i]), TUNNEL_NOTHING);
	cr_assert_eq(send_body(RPC_PREPARE, empty), TUNNEL_NOTHING);
	cr_assert_eq(send_body(RPC_FINISH, empty), TUNNEL_ORDER, "before its reply");
	cr_assert(answer(RPC_ERROR));
	cr_assert_eq(go(RPC_FINISH), TUNNEL_ORDER);
	cr_assert_eq(go(RPC_CLOSE), TUNNEL_NOTHING);
}

Test(rpc, waits_for_each_reply, .init = begin)
{
	cr_assert_eq(send_body(RPC_AUTH_LIST, empty), TUNNEL_NOTHING);
	cr_assert_eq(send_body(RPC_SUPPORTS_FEATURE, feature), TUNNEL_ORDER);
	cr_assert(answer(RPC_OK));
	cr_assert_not(answer(RPC_OK), "a reply to nothing");
	cr_assert_eq(send_body(RPC_SUPPORTS_FEATURE, feature), TUNNEL_NOTHING);
}

Test(rpc, takes_polkit_once_before_the_opening, .init = begin)
{
	cr_assert_eq(go(RPC_AUTH_LIST), TUNNEL_NOTHING);
	cr_assert_eq(go(RPC_AUTH_POLKIT), TUNNEL_NOTHING);
	cr_assert_eq(go(RPC_AUTH_POLKIT), TUNNEL_ORDER);
	cr_assert_eq(go(RPC_OPEN), TUNNEL_NOTHING);
	cr_assert_eq(go(RPC_AUTH_POLKIT), TUNNEL_ORDER);
}

Test(rpc, bounds_what_may_be_repeated, .init = begin)
{
	cr_assert_eq(go(RPC_AUTH_LIST), TUNNEL_NOTHING);
	for (unsigned i = 0; i < RPC_FEATURES_MAX; i++)
		cr_assert_eq(go(RPC_SUPPORTS_FEATURE), TUNNEL_NOTHING);
	cr_assert_eq(go(RPC_SUPPORTS_FEATURE), TUNNEL_ORDER);
}

Test(rpc, registers_and_unregisters_once, .init = begin)
{
	cr_assert_eq(go(RPC_AUTH_LIST), TUNNEL_NOTHING);
	cr_assert_eq(go(RPC_OPEN), TUNNEL_NOTHING);
	cr_assert_eq(go(RPC_UNREGISTER), TUNNEL_ORDER, "nothing is registered");
	cr_assert_eq(go(RPC_REGISTER), TUNNEL_NOTHING);
	cr_assert_eq(go(RPC_REGISTER), TUNNEL_ORDER);
	cr_assert_eq(go(RPC_UNREGISTER), TUNNEL_NOTHING);
	cr_assert_eq(go(RPC_UNREGISTER), TUNNEL_ORDER);
	cr_assert_eq(go(RPC_REGISTER), TUNNEL_ORDER, "again");
	cr_assert_eq(go(RPC_CLOSE), TUNNEL_NOTHING);
}

Test(rpc, opens_the_system_with_all_rights_alone, .init = begin)
{
	static const struct {
		const char *at;
		size_t len;
	} wrong[] = {
		{ "\0\0\0\0\0\0\0\0", 8 },				/* no name */
		{ "\0\0\0\1\0\0\0\016qemu:///system\0\0\0\0\0\1", 28 }, /* read-only */
		{ "\0\0\0\1\0\0\0\016qemu:///system\0\1\0\0\0\0", 28 }, /* padding */
		{ "\0\0\0\1\0\0\0\015lxc:///system\0\0\0\0\0\0\0", 28 },
		{ "\0\0\0\2\0\0\0\016qemu:///system\0\0\0\0\0\0", 28 },
		{ "\0\0\0\1\0\0\0\016qemu:///system\0\0\0\0\0\0\0\0\0\0", 32 }, /* something behind */
		{ "\0\0\0\1\0\0\0\016qemu:///system\0\0", 24 },
		{ "\0\0\0\1\377\377\377\377qemu:///system\0\0\0\0\0\0", 28 },
		{ "\0\0\0\1\0\0\0\020qemu:///session\0\0\0\0\0", 28 },
	};

	cr_assert_eq(go(RPC_AUTH_LIST), TUNNEL_NOTHING);
	for (size_t i = 0; i < N_ELEMENTS(wrong); i++)
		cr_expect_eq(send_body(RPC_OPEN, (struct bytes){ wrong[i].at, wrong[i].len }), TUNNEL_ARGUMENTS,
			"row %zu", i);
	cr_expect_eq(send_body(RPC_SUPPORTS_FEATURE, (struct bytes){ "\0\0\1\0", 4 }), TUNNEL_ARGUMENTS);
	cr_expect_eq(send_body(RPC_SUPPORTS_FEATURE, empty), TUNNEL_ARGUMENTS);
	cr_expect_eq(go(RPC_OPEN), TUNNEL_NOTHING);
	cr_expect_eq(send_body(RPC_CLOSE, feature), TUNNEL_ARGUMENTS);
	cr_expect_eq(send_body(RPC_REGISTER, feature), TUNNEL_ARGUMENTS);
}

Test(rpc, takes_calls_of_its_program_alone)
{
	static const struct {
		struct rpc_header header;
		enum tunnel_finding finding;
	} rows[] = {
		{ { RPC_HEADER, 0x20008087, 1, RPC_OPEN, 0, 0, 0 }, TUNNEL_PROGRAM }, /* the monitor of QEMU */
		{ { RPC_HEADER, 0x00068000, 1, RPC_OPEN, 0, 0, 0 }, TUNNEL_PROGRAM }, /* lxc */
		{ { RPC_HEADER, 0x06900690, 1, RPC_OPEN, 0, 0, 0 }, TUNNEL_PROGRAM }, /* admin */
		{ { RPC_HEADER, REMOTE, 2, RPC_OPEN, 0, 0, 0 }, TUNNEL_PROGRAM },
		{ { RPC_HEADER, REMOTE, 1, RPC_OPEN, 1, 0, 0 }, TUNNEL_TYPE },	  /* reply */
		{ { RPC_HEADER, REMOTE, 1, RPC_OPEN, 2, 0, 0 }, TUNNEL_TYPE },	  /* event */
		{ { RPC_HEADER, REMOTE, 1, RPC_PREPARE, 3, 0, 2 }, TUNNEL_TYPE }, /* stream */
		{ { RPC_HEADER, REMOTE, 1, RPC_OPEN, 4, 0, 0 }, TUNNEL_TYPE },	  /* call with descriptors */
		{ { RPC_HEADER, REMOTE, 1, RPC_OPEN, 5, 0, 0 }, TUNNEL_TYPE },
		{ { RPC_HEADER, REMOTE, 1, RPC_OPEN, 6, 0, 0 }, TUNNEL_TYPE }, /* hole of a stream */
		{ { RPC_HEADER, REMOTE, 1, RPC_OPEN, 0, 0, 1 }, TUNNEL_ARGUMENTS },
		{ { RPC_HEADER - 1, REMOTE, 1, RPC_OPEN, 0, 0, 0 }, TUNNEL_LENGTH },
		{ { 0, REMOTE, 1, RPC_OPEN, 0, 0, 0 }, TUNNEL_LENGTH },
		{ { RPC_CALL_MAX, REMOTE, 1, RPC_PREPARE, 0, 0, 0 }, TUNNEL_NOTHING },
		{ { RPC_CALL_MAX + 1, REMOTE, 1, RPC_PREPARE, 0, 0, 0 }, TUNNEL_LENGTH },
		{ { UINT32_MAX, REMOTE, 1, RPC_PREPARE, 0, 0, 0 }, TUNNEL_LENGTH },
		{ { RPC_HEADER, KEEPALIVE, 1, 1, 2, 0, 0 }, TUNNEL_NOTHING },
		{ { RPC_HEADER, KEEPALIVE, 1, 2, 2, 0, 0 }, TUNNEL_NOTHING },
		{ { RPC_HEADER, KEEPALIVE, 1, 3, 2, 0, 0 }, TUNNEL_PROCEDURE },
		{ { RPC_HEADER, KEEPALIVE, 1, 1, 0, 0, 0 }, TUNNEL_TYPE },
		{ { RPC_HEADER + 4, KEEPALIVE, 1, 1, 2, 0, 0 }, TUNNEL_LENGTH },
		{ { RPC_HEADER, KEEPALIVE, 1, 1, 2, 1, 0 }, TUNNEL_ARGUMENTS },
		{ { RPC_HEADER, KEEPALIVE, 1, 1, 2, 0, 1 }, TUNNEL_ARGUMENTS },
		{ { RPC_HEADER, KEEPALIVE, 2, 1, 2, 0, 0 }, TUNNEL_PROGRAM },
	};

	for (size_t i = 0; i < N_ELEMENTS(rows); i++)
		cr_expect_eq(rpc_judge_header(&rows[i].header), rows[i].finding, "row %zu", i);
}

Test(rpc, takes_replies_that_belong_to_a_call, .init = begin)
{
	struct rpc_header reply = { RPC_HEADER, REMOTE, 1, RPC_AUTH_LIST, 1, 0, RPC_OK }, other;

	cr_assert_eq(send_body(RPC_AUTH_LIST, empty), TUNNEL_NOTHING);
	other = reply;
	other.serial++;
	cr_expect_not(rpc_take_reply(&session, &other));
	other = reply;
	other.procedure = RPC_OPEN;
	cr_expect_not(rpc_take_reply(&session, &other));
	other = reply;
	other.program = 0x20008087;
	cr_expect_not(rpc_take_reply(&session, &other));
	other = reply;
	other.type = 0;
	cr_expect_not(rpc_take_reply(&session, &other));
	other = reply;
	other.length = RPC_REPLY_MAX + 1;
	cr_expect_not(rpc_take_reply(&session, &other));
	other.length = RPC_HEADER - 1;
	cr_expect_not(rpc_take_reply(&session, &other));
	other = (struct rpc_header){ RPC_HEADER, KEEPALIVE, 1, 1, 2, 0, 0 };
	cr_expect(rpc_take_reply(&session, &other));
	cr_expect(session.waits);
	other = (struct rpc_header){ RPC_HEADER, REMOTE, 1, 319, 2, 0, RPC_OK };
	cr_expect(rpc_take_reply(&session, &other), "an event");
	cr_expect(session.waits);
	cr_expect(rpc_take_reply(&session, &reply));
	cr_expect_not(session.waits);
}

Test(rpc, keeps_alive_what_is_open, .init = begin)
{
	const struct rpc_header ping = { RPC_HEADER, KEEPALIVE, 1, 1, 2, 0, 0 };
	const struct rpc_header pong = { RPC_HEADER, KEEPALIVE, 1, 2, 2, 0, 0 };

	cr_expect_not(rpc_may_keep_alive(&session, &pong));
	cr_assert_eq(go(RPC_AUTH_LIST), TUNNEL_NOTHING);
	cr_expect_not(rpc_may_keep_alive(&session, &ping));
	cr_expect(rpc_may_keep_alive(&session, &pong));
	cr_assert_eq(go(RPC_OPEN), TUNNEL_NOTHING);
	cr_expect(rpc_may_keep_alive(&session, &ping));
	cr_assert_eq(go(RPC_CLOSE), TUNNEL_NOTHING);
	cr_expect_not(rpc_may_keep_alive(&session, &pong));
}

static const char uuid[] = "8ba9a2a4-7a22-4b3c-9a3d-6f0d5c1e2b01";
#define UUID_BYTES "\x8b\xa9\xa2\xa4\x7a\x22\x4b\x3c\x9a\x3d\x6f\x0d\x5c\x1e\x2b\x01"

Test(rpc, reads_which_domain_it_is)
{
	static const char good[] = "\0\0\0\3one\0" UUID_BYTES "\0\0\1\7";
	const size_t len = sizeof(good) - 1;
	char bad[sizeof(good)];
	int32_t id = -1;

	cr_assert(rpc_read_domain(&id, (struct bytes){ good, len }, uuid, "one"));
	cr_assert_eq(id, 0x107);
	cr_assert_not(rpc_read_domain(&id, (struct bytes){ good, len }, uuid, "on"));
	cr_assert_not(rpc_read_domain(&id, (struct bytes){ good, len }, uuid, "ones"));
	for (size_t cut = 0; cut < len; cut++)
		cr_assert_not(rpc_read_domain(&id, (struct bytes){ good, cut }, uuid, "one"), "%zu", cut);
	cr_assert_not(rpc_read_domain(&id, (struct bytes){ good, sizeof(good) }, uuid, "one"), "longer");
	/* All but the low bytes of the number: those may be any. */
	for (size_t at = 0; at < len - 3; at++) {
		memcpy(bad, good, sizeof(good));
		bad[at] = (char)(bad[at] ^ 0x80);
		cr_assert_not(rpc_read_domain(&id, (struct bytes){ bad, len }, uuid, "one"), "%zu", at);
	}
	cr_assert_eq(id, 0x107, "written only on success");
}

Test(rpc, asks_for_a_domain_by_its_uuid)
{
	static const unsigned char expected[] = {
		0,
		0,
		0,
		44,
		0x20,
		0x00,
		0x80,
		0x86,
		0,
		0,
		0,
		1,
		0,
		0,
		0,
		24,
		0,
		0,
		0,
		0,
		0,
		0,
		0,
		9,
		0,
		0,
		0,
		0,
		0x8b,
		0xa9,
		0xa2,
		0xa4,
		0x7a,
		0x22,
		0x4b,
		0x3c,
		0x9a,
		0x3d,
		0x6f,
		0x0d,
		0x5c,
		0x1e,
		0x2b,
		0x01,
	};
	char out[RPC_HEADER + RPC_UUID];

	rpc_write_lookup(out, 9, "8ba9a2a4-7a22-4b3c-9a3d-6f0d5c1e2b01");
	cr_assert_eq(memcmp(out, expected, sizeof(out)), 0);
}
