/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>

#include "tests/unit/policy/decide.h"
#include "tests/unit/policy/sample.h"

#define I SAMPLE_ROOT
#define U SAMPLE_UUID

static char long_line[CMD_MAX + 1];

static const struct {
	const char *line;
	enum reason reason;
} rows[] = {
	{ "", REASON_NO_COMMAND },
	{ long_line, REASON_TOO_LONG },
	{ "touch " I "/" U "/x; id", REASON_BAD_BYTE },
	{ "sh -c 'virt-ssh-helper 'qemu:///system''", REASON_LIBVIRT_TUNNEL },
	{ "touch  " I "/" U "/x", REASON_BAD_SPACING },
	{ "a b c d e f g h i", REASON_TOO_MANY_WORDS },
	{ "bash", REASON_UNKNOWN_COMMAND },
	{ "rm -r " I "/" U, REASON_UNKNOWN_FORM },
	{ "rsync --server -se.iLsfxCIvu", REASON_SECLUDED_ARGS },
	{ "touch " I "/" U "/../x", REASON_BAD_PATH },
	{ "touch /etc/x", REASON_OUTSIDE },
	{ "touch " I "/_base/x", REASON_NOT_WRITABLE },
	{ "scp -f " I "/" U "/disk", REASON_NOT_READABLE },
};

Test(reason, is_yielded_by_a_line_for_each_refusal_of_the_policy)
{
	bool yielded[REASON_COUNT] = { false };
	struct config config = both_transports();
	const struct match push = { .form = FORM_SCP_TO, .path = I "/" U "/disk" };
	const struct facts full = { .free_space = 0 };
	static const struct {
		enum claim_state state;
		enum reason reason;
	} claims[] = { { CLAIM_NONE, REASON_NOT_CLAIMED }, { CLAIM_BUSY, REASON_BUSY } };
	struct verdict verdict;

	/* The shell's tests yield these. */
	yielded[REASON_INTERNAL] = yielded[REASON_NOT_CONFIGURED] = true;
	yielded[REASON_NOT_CONFINED] = yielded[REASON_NOT_RECORDED] = yielded[REASON_IMAGE] = true;

	memset(long_line, 'a', CMD_MAX);
	for (size_t i = 0; i < N_ELEMENTS(rows); i++) {
		cr_assert_str_eq(
			decide_word(&config, rows[i].line, false), reason_word(rows[i].reason), "%.80s", rows[i].line);
		yielded[rows[i].reason] = true;
	}
	config_default(&config);
	cr_assert_str_eq(decide_word(&config, "rsync --server -rSe.iLs . " I "/" U "/disk", false), "transport");
	yielded[REASON_TRANSPORT] = true;
	verdict = verdict_decide(&config, &push, &full);
	cr_assert_eq(verdict.reason, REASON_NO_SPACE);
	yielded[REASON_NO_SPACE] = true;
	verdict = verdict_decide(&config, &push, &roomy_host);
	cr_assert_eq(verdict.kind, VERDICT_ALLOW);
	verdict_deny_sessions(&verdict);
	cr_assert_eq(verdict.kind, VERDICT_DENY);
	cr_assert_eq(verdict.reason, REASON_TOO_MANY_SESSIONS);
	yielded[REASON_TOO_MANY_SESSIONS] = true;
	cr_assert(scope_parse_direction(&config.scope, "send"));
	cr_assert_str_eq(decide_word(&config, "mkdir -p " I "/" U, false), "not-in-profile");
	yielded[REASON_NOT_IN_PROFILE] = true;
	config = both_transports();
	verdict = verdict_decide_stream(&config, FORM_RSYNC_CREATE, OP_MKDIR, I "/_base");
	cr_assert_eq(verdict.kind, VERDICT_DENY);
	cr_assert_eq(verdict.reason, REASON_STREAM);
	yielded[REASON_STREAM] = true;
	for (unsigned i = 0; i < N_ELEMENTS(claims); i++) {
		verdict = verdict_decide(&config, &push, &roomy_host);
		verdict_apply_claim(&verdict, &config, claims[i].state, true);
		cr_assert_eq(verdict.kind, VERDICT_DENY);
		cr_assert_eq(verdict.reason, claims[i].reason);
		yielded[claims[i].reason] = true;
	}
	verdict = verdict_decide(&config, &push, &roomy_host);
	verdict_deny_late(&verdict, REASON_TOO_MANY_CLAIMS);
	cr_assert_eq(verdict.kind, VERDICT_DENY);
	cr_assert_eq(verdict.reason, REASON_TOO_MANY_CLAIMS);
	yielded[REASON_TOO_MANY_CLAIMS] = true;
	verdict_deny_late(&verdict, REASON_TOO_MANY_PROBES);
	yielded[verdict.reason] = true;
	for (unsigned i = REASON_NONE + 1; i < REASON_COUNT; i++)
		cr_assert(yielded[i], "nothing yields %s", reason_word((enum reason)i));
}

Test(reason, has_a_word_of_its_own_a_status_and_a_meaning)
{
	static const char *const words[] = { "internal", "no-command", "too-long", "bad-byte", "libvirt-tunnel",
		"bad-spacing", "too-many-words", "unknown-command", "unknown-form", "secluded-args", "transport",
		"bad-path", "outside", "not-writable", "not-readable", "not-claimed", "too-many-claims",
		"too-many-probes", "busy", "no-space", "too-many-sessions", "not-in-profile", "stream",
		"not-configured", "not-confined", "not-recorded" };

	for (unsigned i = 0; i < N_ELEMENTS(words); i++) {
		bool found = false;

		for (unsigned j = REASON_NONE + 1; j < REASON_COUNT; j++)
			found = found || strcmp(reason_word((enum reason)j), words[i]) == 0;
		cr_assert(found, "%s", words[i]);
	}
	for (unsigned i = REASON_NONE + 1; i < REASON_COUNT; i++) {
		const char *const word = reason_word((enum reason)i);
		const int status = reason_status((enum reason)i);

		cr_assert_eq(strspn(word, "abcdefghijklmnopqrstuvwxyz-"), strlen(word), "%s", word);
		cr_assert_gt(strlen(reason_meaning((enum reason)i)), 10);
		cr_assert(status == 77 || status == 78, "%s", word);
		for (unsigned j = REASON_NONE + 1; j < i; j++)
			cr_assert_str_neq(word, reason_word((enum reason)j));
	}
}

Test(reason, ends_with_78_when_the_fault_is_ours_and_77_else)
{
	for (unsigned i = REASON_NONE + 1; i < REASON_COUNT; i++) {
		const bool ours = i == REASON_INTERNAL || i == REASON_NOT_CONFIGURED || i == REASON_NOT_CONFINED ||
			i == REASON_NOT_RECORDED;

		cr_assert_eq(reason_status((enum reason)i), ours ? 78 : 77, "%s", reason_word((enum reason)i));
	}
}

Test(reason, out_of_range_is_internal)
{
	cr_assert_str_eq(reason_word((enum reason)REASON_COUNT), "internal");
	cr_assert_str_eq(reason_word((enum reason) - 1), "internal");
	cr_assert_eq(reason_status((enum reason)4711), 78);
	cr_assert_str_eq(reason_meaning((enum reason)4711), reason_meaning(REASON_INTERNAL));
}

Test(reason, none_is_internal_if_somebody_refuses_with_it)
{
	cr_assert_eq(REASON_NONE, 0);
	cr_assert_str_eq(reason_word(REASON_NONE), "internal");
	cr_assert_eq(reason_status(REASON_NONE), 78);
	cr_assert_str_eq(reason_meaning(REASON_NONE), reason_meaning(REASON_INTERNAL));
}
