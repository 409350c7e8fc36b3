/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>

#include <stdio.h>

#include "policy/plan.h"
#include "policy/scope.h"
#include "tests/unit/policy/decide.h"
#include "tests/unit/policy/sample.h"

#define I SAMPLE_ROOT
#define U SAMPLE_UUID
#define V "1f8d2b6e-91c4-4a37-b5de-3c7a90e1f246"
#define W "2f8d2b6e-91c4-4a37-b5de-3c7a90e1f246"
#define PUSH "rsync --server -rSe.iLs . "
#define PULL "rsync --server --sender -rSe.iLs . "

static struct config narrowed(const char *direction, const char *instances)
{
	struct config config = both_transports();

	cr_assert(direction == NULL || scope_parse_direction(&config.scope, direction));
	cr_assert(instances == NULL || scope_parse_instances(&config.scope, instances));
	return config;
}

Test(scope, of_no_profile_is_everything)
{
	struct scope scope;

	scope_default(&scope);
	for (unsigned op = OP_NONE + 1; op < OP_COUNT; op++)
		cr_assert(scope_has_op(&scope, (enum op)op), "%s", op_word((enum op)op));
	cr_assert(scope_has_instance(&scope, U));
	cr_assert(scope_has_instance(&scope, ""));
	cr_assert(scope_has_peer(&scope, "192.0.2.7"));
	cr_assert(scope_has_peer(&scope, "-"));
}

Test(scope, of_a_direction_has_no_other)
{
	static const struct {
		const char *word;
		unsigned directions;
	} rows[] = {
		{ "receive", DIRECTION_RECEIVE },
		{ "send", DIRECTION_SEND },
		{ "live", DIRECTION_LIVE },
		{ "all", DIRECTION_RECEIVE | DIRECTION_SEND | DIRECTION_LIVE },
	};

	for (size_t i = 0; i < N_ELEMENTS(rows); i++)
		cr_expect_eq(narrowed(rows[i].word, NULL).scope.directions, rows[i].directions, "%s", rows[i].word);
}

Test(scope, of_zeros_is_nothing)
{
	const struct scope scope = { 0 };

	for (unsigned op = OP_NONE; op <= OP_COUNT; op++)
		cr_assert_not(scope_has_op(&scope, (enum op)op));
}

static const struct {
	const char *line, *receive, *send, *instance; /* the verdict with each of these alone */
} lines[] = {
	{ "touch " I "/" U "/disk", "allow", "not-in-profile", "allow" },
	{ "touch " I "/" V "/disk", "allow", "not-in-profile", "not-in-profile" },
	{ "touch " SAMPLE_PROBE, "allow", "not-in-profile", "allow" },
	{ "touch " I "/" V "/" SAMPLE_HEX ".tmp", "allow", "not-in-profile", "not-in-profile" },
	{ "rm " I "/" U "/disk", "allow", "not-in-profile", "allow" },
	{ "rm " I "/" V "/disk", "allow", "not-in-profile", "not-in-profile" },
	{ "mkdir -p " I "/" U, "allow", "not-in-profile", "allow" },
	{ "mkdir -p " I "/" V, "allow", "not-in-profile", "not-in-profile" },
	{ "rm -rf " I "/" U, "allow", "not-in-profile", "allow" },
	{ "rm -rf " I "/" V, "allow", "not-in-profile", "not-in-profile" },
	{ "scp -r -t " I "/" U, "allow", "not-in-profile", "allow" },
	{ "scp -r -t " I "/" V, "allow", "not-in-profile", "not-in-profile" },
	{ "scp -r -f " I "/" U "/kernel", "not-in-profile", "allow", "allow" },
	{ "scp -r -f " I "/" V "/kernel", "not-in-profile", "allow", "not-in-profile" },
	{ "scp -r -f " I "/_base/1f", "not-in-profile", "allow", "not-in-profile" },
	{ "/usr/lib/openssh/sftp-server", "allow", "allow", "allow" },
	{ "rsync --server -logDtprRe.iLs --no-implied-dirs . /", "allow", "not-in-profile", "allow" },
	{ "rsync --server -logDtpre.iLs --delete . " I, "allow", "not-in-profile", "allow" },
	{ "rsync --server -logDtpre.iLs --delete . " I "/" U, "allow", "not-in-profile", "allow" },
	{ "rsync --server -logDtpre.iLs --delete . " I "/" V, "allow", "not-in-profile", "not-in-profile" },
	{ "rsync --server -logDtpre.iLs --delete-excluded . " I "/" U, "allow", "not-in-profile", "allow" },
	{ "rsync --server -logDtpre.iLs --delete-excluded . " I "/" V, "allow", "not-in-profile", "not-in-profile" },
	{ PUSH I "/" U "/disk", "allow", "not-in-profile", "allow" },
	{ PUSH I "/" V "/disk", "allow", "not-in-profile", "not-in-profile" },
	{ PULL I "/" U "/kernel", "not-in-profile", "allow", "allow" },
	{ PULL I "/" V "/kernel", "not-in-profile", "allow", "not-in-profile" },
	{ PULL I "/_base/1f", "not-in-profile", "allow", "not-in-profile" },
};

Test(scope, narrows_each_form)
{
	const struct config all = both_transports(), receive = narrowed("receive", NULL), send = narrowed("send", NULL),
			    one = narrowed(NULL, U), several = narrowed(NULL, W ", " U), nothing = narrowed("send", W);

	for (size_t i = 0; i < N_ELEMENTS(lines); i++) {
		cr_assert_str_eq(decide_word(&all, lines[i].line, false), "allow", "%s", lines[i].line);
		cr_assert_str_eq(decide_word(&receive, lines[i].line, false), lines[i].receive, "%s", lines[i].line);
		cr_assert_str_eq(decide_word(&send, lines[i].line, false), lines[i].send, "%s", lines[i].line);
		cr_assert_str_eq(decide_word(&one, lines[i].line, false), lines[i].instance, "%s", lines[i].line);
		cr_assert_str_eq(decide_word(&several, lines[i].line, false), lines[i].instance, "%s", lines[i].line);
		cr_assert_str_eq(decide_word(&nothing, lines[i].line, false),
			lines[i].line[0] == '/' ? "allow" : "not-in-profile", "%s", lines[i].line);
	}
}

Test(scope, never_allows_what_is_refused_without_it)
{
	static const char *const refused[] = { "id", "touch /etc/x", "scp -f " I "/" U "/disk", "rm -rf " I,
		"touch " I "/" U "_resize/x", PULL I "/" U "/disk" };
	const struct config receive = narrowed("receive", U), send = narrowed("send", U);

	for (size_t i = 0; i < N_ELEMENTS(refused); i++) {
		cr_assert_str_neq(decide_word(&receive, refused[i], false), "allow", "%s", refused[i]);
		cr_assert_str_neq(decide_word(&send, refused[i], false), "allow", "%s", refused[i]);
	}
}

Test(scope, holds_what_a_stream_asks_for)
{
	const struct config one = narrowed(NULL, U), send = narrowed("send", NULL);
	static const struct {
		enum form_id form;
		enum op op;
		const char *mine, *others;
	} asks[] = {
		{ FORM_RSYNC_CREATE, OP_MKDIR, I "/" U, I "/" V },
		{ FORM_RSYNC_CREATE, OP_TOUCH, SAMPLE_PROBE, I "/" V "/" SAMPLE_HEX ".tmp" },
		{ FORM_RSYNC_REMOVE, OP_REMOVE, I "/" U "/disk", I "/" V "/disk" },
		{ FORM_RSYNC_REMOVE, OP_RMDIR, I "/" U, I "/" V },
	};

	for (size_t i = 0; i < N_ELEMENTS(asks); i++) {
		struct verdict verdict = verdict_decide_stream(&one, asks[i].form, asks[i].op, asks[i].mine);

		cr_assert_eq(verdict.kind, VERDICT_ALLOW, "row %zu", i);
		verdict = verdict_decide_stream(&one, asks[i].form, asks[i].op, asks[i].others);
		cr_assert_eq(verdict.kind, VERDICT_DENY, "row %zu", i);
		cr_assert_eq(verdict.reason, REASON_NOT_IN_PROFILE);
		verdict = verdict_decide_stream(&send, asks[i].form, asks[i].op, asks[i].mine);
		cr_assert_eq(verdict.reason, REASON_NOT_IN_PROFILE);
	}
}

/* Tells which anchors the plan grants to an SFTP session. */
static void anchors_of(const struct config *config, bool *instances, bool *readable)
{
	struct decided decided;
	struct plan plan;

	decide_line(&decided, config, bytes_of("/usr/lib/openssh/sftp-server"), false);
	cr_assert(plan_make(&plan, &decided.verdict, &decided.match));
	*instances = *readable = false;
	for (unsigned i = 0; i < GRANTS_MAX; i++) {
		cr_assert((plan.grants[i].anchor == ANCHOR_NONE) == (plan.grants[i].rights == 0));
		*instances = *instances || plan.grants[i].anchor == ANCHOR_INSTANCES;
		*readable = *readable || plan.grants[i].anchor == ANCHOR_READABLE;
	}
}

Test(scope, removes_the_grants_of_the_other_direction_from_an_sftp_session)
{
	const struct config all = both_transports(), receive = narrowed("receive", NULL), send = narrowed("send", NULL);
	bool instances, readable;

	anchors_of(&all, &instances, &readable);
	cr_assert(instances && readable);
	anchors_of(&receive, &instances, &readable);
	cr_assert(instances && !readable);
	anchors_of(&send, &instances, &readable);
	cr_assert(!instances && readable);
}

/* No operation, and values that are none: they have no direction. */
Test(scope, has_no_direction_for_what_is_no_operation)
{
	struct scope scope;

	scope_default(&scope);
	cr_expect_not(scope_has_op(&scope, OP_NONE));
	cr_expect_not(scope_has_op(&scope, OP_COUNT));
	cr_expect_not(scope_has_op(&scope, (enum op)4711));
}

Test(scope, knows_addresses_and_networks)
{
	static const struct {
		const char *peers, *peer;
		bool in;
	} rows[] = {
		{ "192.0.2.7", "192.0.2.7", true },
		{ "192.0.2.7", "192.0.2.8", false },
		{ "192.0.2.7", "::ffff:192.0.2.7", true },
		{ "192.0.2.7", "2001:db8::7", false },
		{ "192.0.2.7", "-", false },
		{ "192.0.2.7", "", false },
		{ "192.0.2.7", "192.0.2.7 ", false },
		{ "192.0.2.0/24", "192.0.2.255", true },
		{ "192.0.2.0/24", "192.0.3.0", false },
		{ "192.0.2.128/25", "192.0.2.128", true },
		{ "192.0.2.128/25", "192.0.2.127", false },
		{ "192.0.2.6/31", "192.0.2.7", true },
		{ "192.0.2.6/31", "192.0.2.8", false },
		{ "192.0.2.7/32", "192.0.2.7", true },
		{ "0.0.0.0/0", "203.0.113.9", true },
		{ "0.0.0.0/0", "2001:db8::7", false },
		{ "::/0", "203.0.113.9", true },
		{ "2001:db8::/32", "2001:db8:1::7", true },
		{ "2001:db8::/32", "2001:db9::7", false },
		{ "2001:DB8::7", "2001:db8::7", true },
		{ "fe80::/10", "fe80::1%eth0", true },
		{ "fe80::1", "fe80::1%eth0", true },
		{ "fe80::1", "fe80::2%eth0", false },
		{ "10.0.0.1, 192.0.2.0/24,2001:db8::/32", "192.0.2.9", true },
		{ "10.0.0.1, 192.0.2.0/24,2001:db8::/32", "2001:db8::9", true },
		{ "10.0.0.1, 192.0.2.0/24,2001:db8::/32", "10.0.0.2", false },
	};

	for (size_t i = 0; i < N_ELEMENTS(rows); i++) {
		struct scope scope;

		scope_default(&scope);
		cr_assert(scope_parse_peers(&scope, rows[i].peers), "%s", rows[i].peers);
		cr_assert_eq(scope_has_peer(&scope, rows[i].peer), rows[i].in, "%s: %s", rows[i].peers, rows[i].peer);
	}
}

/* The peer's text comes from outside. Long ones would show an end that is cut or overwritten. */
Test(scope, has_no_peer_that_is_longer_than_any_address)
{
	char peer[2 * PEER_MAX];
	struct scope scope;

	scope_default(&scope);
	cr_assert(scope_parse_peers(&scope, "::/0"));
	for (size_t len = 0; len < sizeof(peer) - 1; len++) {
		memset(peer, '1', len);
		peer[len] = '\0';
		cr_assert_not(scope_has_peer(&scope, peer), "%zu", len);
	}
}

Test(scope, refuses_every_form_from_elsewhere)
{
	const struct facts elsewhere = { .free_space = INT64_MAX, .peer = "192.0.2.8" };
	static struct samples samples;
	struct config config = both_transports();

	cr_assert(scope_parse_peers(&config.scope, "192.0.2.7"));
	samples_make(&samples);
	for (size_t i = 0; i < samples.count; i++) {
		struct verdict verdict = verdict_decide(&config, &samples.at[i], &roomy_host);

		cr_assert_eq(verdict.kind, VERDICT_ALLOW);
		verdict = verdict_decide(&config, &samples.at[i], &elsewhere);
		cr_assert_eq(verdict.kind, VERDICT_DENY);
		cr_assert_eq(verdict.reason, REASON_NOT_IN_PROFILE);
	}
}

Test(scope, takes_no_length_but_a_plain_number)
{
	static const char *const bad[] = {
		"10.0.0.0/",
		"0.0.0.0/",
		"::/",
		"10.0.0.0/0000000008",
		"10.0.0.0/08",
		"10.0.0.0/4294967304",
		"10.0.0.0/8x",
		"10.0.0.0/+8",
		"10.0.0.0/-1",
		"10.0.0.0/33",
		"2001:db8::/129",
		"10.0.0.0/8/8",
	};

	for (size_t i = 0; i < N_ELEMENTS(bad); i++) {
		struct scope scope;

		scope_default(&scope);
		cr_assert_not(scope_parse_peers(&scope, bad[i]), "%s", bad[i]);
	}
}

Test(scope, tells_instances_apart_to_the_last_digit)
{
	struct scope scope;

	scope_default(&scope);
	cr_assert(scope_parse_instances(&scope, "5fd6ed6b-0bb5-4b5e-ad3c-7d0e1b8c6a11"));
	cr_expect(scope_has_instance(&scope, "5fd6ed6b-0bb5-4b5e-ad3c-7d0e1b8c6a11"));
	cr_expect_not(scope_has_instance(&scope, "5fd6ed6b-0bb5-4b5e-ad3c-7d0e1b8c6a12"));
	cr_expect_not(scope_has_instance(&scope, "5fd6ed6b-0bb5-4b5e-ad3c-7d0e1b8c6a1"));
	cr_expect_not(scope_has_instance(&scope, ""));
}
