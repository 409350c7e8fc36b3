/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>

#include "policy/plan.h"
#include "tests/unit/policy/decide.h"
#include "tests/unit/policy/sample.h"

#define I SAMPLE_ROOT
#define U SAMPLE_UUID
#define REQUESTS \
	"open,close,read,write,lstat,stat,fstat,setstat,fsetstat,opendir,readdir,mkdir,realpath,limits,expand-path"
#define OURS "--no-perms --no-times --omit-dir-times"

enum {
	SEND = RIGHT_READ_FILE | RIGHT_READ_DIR,
	RECEIVE = RIGHT_WRITE_FILE | RIGHT_MAKE_REG | RIGHT_MAKE_DIR | RIGHT_TRUNCATE,
	RSYNC = RECEIVE | RIGHT_READ_FILE | RIGHT_REMOVE_FILE,
	EMPTY = RIGHT_READ_DIR | RIGHT_REMOVE_DIR | RIGHT_REMOVE_FILE,
	/* A directory is made under another name, checked, and removed if another process was faster. */
	MKDIR = RIGHT_MAKE_DIR | RIGHT_REMOVE_DIR | RIGHT_READ_DIR,
};

static const struct {
	const char *line, *argv;
	enum role role;
	enum program program;
	struct grant grants[GRANTS_MAX];
} rows[] = {
	{ "touch " I "/" U "/x", "", ROLE_ACT, PROGRAM_NONE,
		{ { ANCHOR_INSTANCE, RIGHT_MAKE_REG | RIGHT_WRITE_FILE | RIGHT_READ_DIR | RIGHT_REMOVE_FILE } } },
	{ "rm " I "/" U "/x", "", ROLE_ACT, PROGRAM_NONE, { { ANCHOR_INSTANCE, RIGHT_REMOVE_FILE } } },
	{ "mkdir -p " I "/" U, "", ROLE_ACT, PROGRAM_NONE, { { ANCHOR_ROOT, MKDIR } } },
	{ "rm -rf " I "/" U, "", ROLE_ACT, PROGRAM_NONE,
		{ { ANCHOR_INSTANCE, EMPTY }, { ANCHOR_ROOT, RIGHT_REMOVE_DIR } } },
	{ "scp -t " I "/" U "/disk", "scp -t " I "/" U "/disk", ROLE_SCP_RECEIVE, PROGRAM_SCP,
		{ { ANCHOR_INSTANCE, RECEIVE } } },
	{ "scp -v -r -d -t " I "/" U, "scp -v -r -d -t " I "/" U, ROLE_SCP_RECEIVE, PROGRAM_SCP,
		{ { ANCHOR_INSTANCE, RECEIVE } } },
	{ "scp -r -f " I "/_base/x", "scp -r -f " I "/_base/x", ROLE_SCP_SEND, PROGRAM_SCP,
		{ { ANCHOR_TARGET, SEND } } },
	{ "/usr/libexec/openssh/sftp-server", "sftp-server -l QUIET -p " REQUESTS, ROLE_SFTP, PROGRAM_SFTP_SERVER,
		{ { ANCHOR_INSTANCES, RECEIVE }, { ANCHOR_READABLE, SEND } } },
	{ "rsync --server -logDtprRe.iLs --no-implied-dirs . /",
		"rsync --server -logDtprRe.iLs --no-implied-dirs " OURS " . /", ROLE_RSYNC_MIRROR, PROGRAM_RSYNC,
		{ { ANCHOR_NONE, 0 } } },
	{ "rsync --server -logDtpre.iLs --delete . " I, "rsync --server -logDtpre.iLs --delete " OURS " . " I,
		ROLE_RSYNC_MIRROR, PROGRAM_RSYNC, { { ANCHOR_NONE, 0 } } },
	{ "rsync --server -logDtpre.iLs --delete-excluded . " I "/" U,
		"rsync --server -logDtpre.iLs --delete-excluded " OURS " . " I "/" U, ROLE_RSYNC_RECEIVE, PROGRAM_RSYNC,
		{ { ANCHOR_INSTANCE, EMPTY } } },
	{ "rsync --server -rSe.iLs . " I "/" U "/disk", "rsync --server -rSe.iLs --whole-file . " I "/" U "/disk",
		ROLE_RSYNC_RECEIVE, PROGRAM_RSYNC, { { ANCHOR_INSTANCE, RSYNC } } },
	{ "rsync --server -rSze.iLs . " I "/" U "/disk", "rsync --server -rSze.iLs --whole-file . " I "/" U "/disk",
		ROLE_RSYNC_RECEIVE, PROGRAM_RSYNC, { { ANCHOR_INSTANCE, RSYNC } } },
	{ "rsync --server --sender -rSze30.iLs . " I "/" U "/kernel",
		"rsync --server --sender -rSze30.iLs . " I "/" U "/kernel", ROLE_RSYNC_SEND, PROGRAM_RSYNC,
		{ { ANCHOR_TARGET, SEND } } },
};

static void join(char *out, const struct plan *plan)
{
	out[0] = '\0';
	for (unsigned i = 0; plan->argv[i] != NULL; i++)
		strcat(strcat(out, i == 0 ? "" : " "), plan->argv[i]);
}

Test(plan, gives_each_form_its_own_process_rights_and_words)
{
	const struct config config = both_transports();
	bool seen[FORM_COUNT] = { false };

	for (size_t i = 0; i < N_ELEMENTS(rows); i++) {
		struct decided decided;
		struct plan plan;
		char argv[CMD_MAX];

		decide_line(&decided, &config, bytes_of(rows[i].line), false);
		cr_assert(plan_make(&plan, &decided.verdict, &decided.match), "%s", rows[i].line);
		join(argv, &plan);
		cr_assert_str_eq(argv, rows[i].argv);
		cr_assert_eq(plan.op, form_row(decided.match.form)->op);
		cr_assert_eq(plan.role, rows[i].role, "%s", rows[i].line);
		cr_assert_eq(plan.role_in_view,
			decided.match.form == FORM_RSYNC_PUSH ? ROLE_RSYNC_RECEIVE_IN_VIEW : ROLE_NONE, "%s",
			rows[i].line);
		cr_assert_eq(plan.program, rows[i].program, "%s", rows[i].line);
		for (unsigned g = 0; g < GRANTS_MAX; g++) {
			cr_assert_eq(plan.grants[g].anchor, rows[i].grants[g].anchor, "%s", rows[i].line);
			cr_assert_eq(plan.grants[g].rights, rows[i].grants[g].rights, "%s", rows[i].line);
		}
		if (plan.role == ROLE_RSYNC_MIRROR) {
			cr_assert_str_eq(plan.argv[plan.destination], strrchr(rows[i].line, ' ') + 1);
			cr_assert_null(plan.argv[plan.destination + 1]);
		}
		seen[decided.match.form] = true;
	}
	for (unsigned id = FORM_NONE + 1; id < GRAMMAR_FORMS; id++)
		cr_assert(seen[id], "%s has no row", form_row((enum form_id)id)->id);
}

/* The tunnel's line has no words: only the tunnel's configuration lets it in. */
Test(plan, gives_the_tunnel_a_process_that_reaches_nothing)
{
	const struct match match = { .form = FORM_LIBVIRT };
	struct config config = both_transports();
	struct verdict verdict = verdict_decide(&config, &match, &roomy_host);
	struct plan plan;

	cr_assert_eq(verdict.kind, VERDICT_DENY);
	cr_assert_eq(verdict.reason, REASON_LIBVIRT_TUNNEL);
	cr_assert_not(plan_make(&plan, &verdict, &match));
	config.libvirt_tunnel = true;
	config.transports = 0;
	verdict = verdict_decide(&config, &match, &roomy_host);
	cr_assert_eq(verdict.kind, VERDICT_ALLOW);
	cr_assert_not(verdict.needs_claim);
	cr_assert(plan_make(&plan, &verdict, &match));
	cr_assert_eq(plan.role, ROLE_LIBVIRT);
	cr_assert_eq(plan.program, PROGRAM_NONE);
	for (unsigned g = 0; g < GRANTS_MAX; g++) {
		cr_assert_eq(plan.grants[g].anchor, ANCHOR_NONE);
		cr_assert_eq(plan.supervisor[g].anchor, g == 0 ? ANCHOR_ROOTS : ANCHOR_NONE);
		cr_assert_eq(plan.supervisor[g].rights, g == 0 ? RIGHT_READ_FILE | RIGHT_READ_DIR : 0);
	}
}

Test(plan, lets_a_profile_keep_the_tunnel_shut)
{
	static const struct {
		const char *direction;
		enum verdict_kind kind;
	} cases[] = { { "receive", VERDICT_DENY }, { "send", VERDICT_DENY }, { "live", VERDICT_ALLOW } };
	const struct match match = { .form = FORM_LIBVIRT };

	for (size_t i = 0; i < N_ELEMENTS(cases); i++) {
		struct config config = both_transports();

		config.libvirt_tunnel = true;
		cr_assert(scope_parse_direction(&config.scope, cases[i].direction));
		cr_assert_eq(
			verdict_decide(&config, &match, &roomy_host).kind, cases[i].kind, "%s", cases[i].direction);
	}
}

Test(plan, gives_no_process_the_right_to_execute_and_no_child_the_root)
{
	static struct samples samples;
	const struct config config = both_transports();

	samples_make(&samples);
	for (size_t i = 0; i < samples.count; i++) {
		const struct verdict verdict = verdict_decide(&config, &samples.at[i], &roomy_host);
		struct plan plan;

		cr_assert(plan_make(&plan, &verdict, &samples.at[i]));
		cr_assert_neq(plan.role, ROLE_NONE);
		cr_assert_neq(plan.role, ROLE_RSYNC_RECEIVE_IN_VIEW, "it counts on a wall that may be missing");
		cr_assert(plan.role_in_view == ROLE_NONE || plan.program != PROGRAM_NONE);
		for (unsigned g = 0; g < GRANTS_MAX; g++) {
			cr_assert_eq(plan.grants[g].rights & RIGHT_EXECUTE, 0);
			if (plan.program != PROGRAM_NONE)
				cr_assert_neq(plan.grants[g].anchor, ANCHOR_ROOT);
			if (form_row(samples.at[i].form)->op == OP_SEND)
				cr_assert_eq(plan.grants[g].rights & ~(unsigned)SEND, 0);
		}
	}
}

/* argv has room for all words: those of the line and ours. */
Test(plan, holds_the_longest_line_whole)
{
	static const char *const words[] = { " " OURS, " --whole-file" };
	static struct samples samples;
	const struct config config = both_transports();

	samples_make(&samples);
	for (size_t i = 0; i < samples.count; i++) {
		const struct match *const match = &samples.at[i];
		const struct verdict verdict = verdict_decide(&config, match, &roomy_host);
		struct plan plan;
		char line[CMD_MAX], argv[CMD_MAX];
		char *ours;

		cr_assert(plan_make(&plan, &verdict, match));
		if (plan.program == PROGRAM_NONE || plan.program == PROGRAM_SFTP_SERVER)
			continue;
		cr_assert_neq(form_write(line, sizeof(line), match), 0);
		join(argv, &plan);
		for (size_t w = 0; w < N_ELEMENTS(words); w++)
			if ((ours = strstr(argv, words[w])) != NULL)
				memmove(ours, ours + strlen(words[w]), strlen(ours + strlen(words[w])) + 1);
		cr_assert_str_eq(argv, line);
	}
}

/* Until then the child of a stream form has no rights. */
Test(plan, turned_to_a_mirror_reaches_only_the_mirror)
{
	static const char *const lines[] = { "rsync --server -logDtprRe.iLs --no-implied-dirs . /",
		"rsync --server -logDtpre.iLs --delete . " I };
	static const unsigned finish[] = { SEND | MKDIR | RIGHT_MAKE_REG | RIGHT_WRITE_FILE | RIGHT_REMOVE_FILE,
		SEND | RIGHT_REMOVE_DIR | RIGHT_REMOVE_FILE };
	const struct config config = both_transports();

	for (size_t i = 0; i < N_ELEMENTS(lines); i++) {
		struct decided decided;
		struct plan plan;

		decide_line(&decided, &config, bytes_of(lines[i]), false);
		cr_assert(plan_make(&plan, &decided.verdict, &decided.match));
		plan_redirect(&plan, "/run/mirror");
		cr_assert_str_eq(plan.argv[plan.destination], "/run/mirror");
		cr_assert_null(plan.argv[plan.destination + 1]);
		for (unsigned a = 0; a < plan.destination; a++)
			cr_assert_neq(plan.argv[a][0], '/', "%s", plan.argv[a]);
		cr_assert_eq(plan.grants[0].anchor, ANCHOR_MIRROR);
		cr_assert_eq(plan.grants[0].rights, RSYNC | RIGHT_READ_DIR | RIGHT_REMOVE_DIR);
		for (unsigned g = 1; g < GRANTS_MAX; g++)
			cr_assert_eq(plan.grants[g].anchor, ANCHOR_NONE);
		cr_assert_eq(plan.supervisor[0].anchor, ANCHOR_MIRROR);
		cr_assert_eq(plan.supervisor[0].rights, EMPTY);
		cr_assert_eq(plan.supervisor[1].anchor, ANCHOR_MIRROR_PARENT);
		cr_assert_eq(plan.supervisor[1].rights, RIGHT_REMOVE_DIR);
		cr_assert_eq(plan.supervisor[2].anchor, ANCHOR_ROOTS);
		cr_assert_eq(plan.supervisor[2].rights, finish[i]);
	}
}

/* rsync-empty of a missing instance empties a mirror, and may bring nothing into it. */
Test(plan, turned_to_a_mirror_may_still_only_empty)
{
	const struct config config = both_transports();
	struct decided decided;
	struct plan plan;

	decide_line(&decided, &config, bytes_of("rsync --server -logDtpre.iLs --delete-excluded . " I "/" U), false);
	cr_assert(plan_make(&plan, &decided.verdict, &decided.match));
	plan_redirect(&plan, "/run/mirror");
	cr_assert_eq(plan.grants[0].anchor, ANCHOR_MIRROR);
	cr_assert_eq(plan.grants[0].rights, EMPTY);
}

/* rsync must not make the directory that it is to empty. */
Test(plan, needs_a_mirror_for_a_stream_and_for_an_instance_that_is_not_there)
{
	for (enum op op = OP_NONE; op < OP_COUNT; op++) {
		const struct plan plan = { .op = op };

		cr_expect_eq(plan_needs_mirror(&plan, true), op == OP_STREAM, "op %d", op);
		cr_expect_eq(plan_needs_mirror(&plan, false), op == OP_STREAM || op == OP_EMPTY, "op %d", op);
	}
}

/* The supervisor looks into the instance to see whether it lives here. If the transfer brings files, the supervisor may
 * delete a refused image. */
static bool is_look(struct grant grant, enum op op)
{
	const bool brings = op == OP_RECEIVE || op == OP_SFTP;
	const bool writes = brings || op == OP_EMPTY || op == OP_REMOVE_TREE;
	const unsigned more = brings ? RIGHT_REMOVE_FILE : 0;

	return writes && grant.anchor == ANCHOR_HELD && grant.rights == (RIGHT_READ_FILE | RIGHT_READ_DIR | more);
}

Test(plan, lets_a_supervisor_look_at_what_its_child_writes_and_do_nothing_else)
{
	static struct samples samples;
	const struct config config = both_transports();

	samples_make(&samples);
	for (size_t i = 0; i < samples.count; i++) {
		const struct verdict verdict = verdict_decide(&config, &samples.at[i], &roomy_host);
		struct plan plan;

		cr_assert(plan_make(&plan, &verdict, &samples.at[i]));
		for (unsigned g = 0; g < GRANTS_MAX && plan.role != ROLE_RSYNC_MIRROR; g++) {
			const struct grant grant = plan.supervisor[g];

			cr_assert(is_look(grant, plan.op) || (grant.anchor == ANCHOR_NONE && grant.rights == 0));
		}
	}
}

Test(plan, is_not_made_for_anything_but_an_allowed_match)
{
	const struct config config = both_transports();
	struct match match = { .form = FORM_TOUCH, .path = I "/" U "/x" };
	struct verdict verdict = verdict_decide(&config, &match, &roomy_host);
	struct plan plan;

	cr_assert(plan_make(&plan, &verdict, &match));
	verdict.kind = VERDICT_DENY;
	cr_assert_not(plan_make(&plan, &verdict, &match));
	cr_assert_eq(plan.role, ROLE_NONE);
	verdict.kind = VERDICT_ALLOW;
	match.form = FORM_SCP_TO;
	cr_assert_not(plan_make(&plan, &verdict, &match));
	cr_assert_eq(plan.role, ROLE_NONE);
	match.form = verdict.form = FORM_NONE;
	verdict.op = OP_NONE;
	cr_assert_not(plan_make(&plan, &verdict, &match));
	match.form = verdict.form = (enum form_id)4711;
	verdict.op = (enum op)4711;
	cr_assert_not(plan_make(&plan, &verdict, &match));
	cr_assert_not(plan_make_stream(&plan, &verdict));
}

Test(plan, of_a_stream_is_one_act_of_our_own)
{
	static const struct {
		enum form_id form;
		enum op op;
		const char *path;
		struct grant grant;
	} asks[] = {
		{ FORM_RSYNC_CREATE, OP_MKDIR, I "/" U, { ANCHOR_ROOT, MKDIR } },
		{ FORM_RSYNC_CREATE, OP_TOUCH, SAMPLE_PROBE,
			{ ANCHOR_INSTANCE, RIGHT_MAKE_REG | RIGHT_WRITE_FILE | RIGHT_READ_DIR | RIGHT_REMOVE_FILE } },
		{ FORM_RSYNC_REMOVE, OP_REMOVE, SAMPLE_PROBE, { ANCHOR_INSTANCE, RIGHT_REMOVE_FILE } },
		{ FORM_RSYNC_REMOVE, OP_RMDIR, I "/" U, { ANCHOR_ROOT, RIGHT_REMOVE_DIR } },
	};
	const struct config config = both_transports();

	for (size_t i = 0; i < N_ELEMENTS(asks); i++) {
		struct verdict verdict = verdict_decide_stream(&config, asks[i].form, asks[i].op, asks[i].path);
		struct plan plan;

		cr_assert(plan_make_stream(&plan, &verdict), "row %zu", i);
		cr_assert_eq(plan.op, asks[i].op);
		cr_assert_eq(plan.role, ROLE_ACT);
		cr_assert_eq(plan.program, PROGRAM_NONE);
		cr_assert_null(plan.argv[0]);
		cr_assert_eq(plan.grants[0].anchor, asks[i].grant.anchor);
		cr_assert_eq(plan.grants[0].rights, asks[i].grant.rights);
		cr_assert_eq(plan.grants[1].anchor, ANCHOR_NONE);
		verdict.kind = VERDICT_DENY;
		cr_assert_not(plan_make_stream(&plan, &verdict));
		verdict.kind = VERDICT_ALLOW;
		verdict.op = OP_RECEIVE;
		cr_assert_not(plan_make_stream(&plan, &verdict));
	}
}
