/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/plan.h"

enum {
	RIGHTS_RECEIVE = RIGHT_WRITE_FILE | RIGHT_MAKE_REG | RIGHT_MAKE_DIR | RIGHT_TRUNCATE,
	RIGHTS_RSYNC_RECEIVE = RIGHTS_RECEIVE | RIGHT_READ_FILE | RIGHT_REMOVE_FILE,
	RIGHTS_SEND = RIGHT_READ_FILE | RIGHT_READ_DIR,
	RIGHTS_EMPTY = RIGHT_READ_DIR | RIGHT_REMOVE_DIR | RIGHT_REMOVE_FILE,
	RIGHTS_MIRROR = RIGHTS_RSYNC_RECEIVE | RIGHT_READ_DIR | RIGHT_REMOVE_DIR,
	/* Includes the rights to read a claim. */
	RIGHTS_STREAM_CREATE =
		RIGHTS_SEND | RIGHT_MAKE_DIR | RIGHT_REMOVE_DIR | RIGHT_MAKE_REG | RIGHT_WRITE_FILE | RIGHT_REMOVE_FILE,
	RIGHTS_STREAM_REMOVE = RIGHTS_SEND | RIGHT_REMOVE_DIR | RIGHT_REMOVE_FILE,
};

struct recipe {
	enum role role;
	enum program program;
	struct grant grants[GRANTS_MAX], supervisor[GRANTS_MAX];
	enum role role_in_view;
};

/* The formatter takes the braces of these macros for blocks. */
/* clang-format off */
/* A supervisor may see that an instance lives here. The first two places are for plan_redirect(). */
#define LOOKS_AT_HELD { { ANCHOR_NONE, 0 }, { ANCHOR_NONE, 0 }, { ANCHOR_HELD, RIGHTS_SEND } }
/* If the transfer brings files, it may also delete a refused image. */
#define JUDGES_HELD { { ANCHOR_NONE, 0 }, { ANCHOR_NONE, 0 }, { ANCHOR_HELD, RIGHTS_SEND | RIGHT_REMOVE_FILE } }
/* Placeholder that grants nothing until plan_redirect() fills it in. */
#define IN_MIRROR { ANCHOR_NONE, 0 }
/* clang-format on */

/* The builtin operations. */
static const struct recipe acts[OP_COUNT] = {
	[OP_TOUCH] = { ROLE_ACT, PROGRAM_NONE,
		{ { ANCHOR_INSTANCE, RIGHT_MAKE_REG | RIGHT_WRITE_FILE | RIGHT_READ_DIR | RIGHT_REMOVE_FILE } } },
	[OP_REMOVE] = { ROLE_ACT, PROGRAM_NONE, { { ANCHOR_INSTANCE, RIGHT_REMOVE_FILE } } },
	[OP_MKDIR] = { ROLE_ACT, PROGRAM_NONE,
		{ { ANCHOR_ROOT, RIGHT_MAKE_DIR | RIGHT_REMOVE_DIR | RIGHT_READ_DIR } } },
	[OP_REMOVE_TREE] = { ROLE_ACT, PROGRAM_NONE,
		{ { ANCHOR_INSTANCE, RIGHTS_EMPTY }, { ANCHOR_ROOT, RIGHT_REMOVE_DIR } }, LOOKS_AT_HELD },
	[OP_RMDIR] = { ROLE_ACT, PROGRAM_NONE, { { ANCHOR_ROOT, RIGHT_REMOVE_DIR } } },
	/* The socket is open before; nothing else is reached. The supervisor reads the headers of images. */
	[OP_LIBVIRT] = { ROLE_LIBVIRT, PROGRAM_NONE, { { ANCHOR_NONE, 0 } }, { { ANCHOR_ROOTS, RIGHTS_SEND } } },
};

/* The forms for which a program of the distribution runs. */
static const struct recipe programs[FORM_COUNT] = {
	[FORM_SCP_TO] = { ROLE_SCP_RECEIVE, PROGRAM_SCP, { { ANCHOR_INSTANCE, RIGHTS_RECEIVE } }, JUDGES_HELD },
	[FORM_SCP_FROM] = { ROLE_SCP_SEND, PROGRAM_SCP, { { ANCHOR_TARGET, RIGHTS_SEND } } },
	[FORM_SFTP] = { ROLE_SFTP, PROGRAM_SFTP_SERVER,
		{ { ANCHOR_INSTANCES, RIGHTS_RECEIVE }, { ANCHOR_READABLE, RIGHTS_SEND } }, JUDGES_HELD },
	[FORM_RSYNC_CREATE] = { ROLE_RSYNC_MIRROR, PROGRAM_RSYNC, { IN_MIRROR },
		{ IN_MIRROR, IN_MIRROR, { ANCHOR_ROOTS, RIGHTS_STREAM_CREATE } } },
	[FORM_RSYNC_REMOVE] = { ROLE_RSYNC_MIRROR, PROGRAM_RSYNC, { IN_MIRROR },
		{ IN_MIRROR, IN_MIRROR, { ANCHOR_ROOTS, RIGHTS_STREAM_REMOVE } } },
	[FORM_RSYNC_EMPTY] = { ROLE_RSYNC_RECEIVE, PROGRAM_RSYNC, { { ANCHOR_INSTANCE, RIGHTS_EMPTY } },
		LOOKS_AT_HELD },
	[FORM_RSYNC_PUSH] = { ROLE_RSYNC_RECEIVE, PROGRAM_RSYNC, { { ANCHOR_INSTANCE, RIGHTS_RSYNC_RECEIVE } },
		JUDGES_HELD, .role_in_view = ROLE_RSYNC_RECEIVE_IN_VIEW },
	[FORM_RSYNC_PULL] = { ROLE_RSYNC_SEND, PROGRAM_RSYNC, { { ANCHOR_TARGET, RIGHTS_SEND } } },
};

/* Only the requests that scp(1) of OpenSSH >= 9 sends: none renames, removes or links. setstat succeeds without effect
 * (filters.def). Names: sftp-server.c, handlers[] and extended_handlers[]. */
static const char sftp_requests[] =
	"open,close,read,write,lstat,stat,fstat,setstat,fsetstat,opendir,readdir,mkdir,realpath,limits,expand-path";

static void take(struct plan *plan, const struct recipe *recipe)
{
	plan->role = recipe->role;
	plan->role_in_view = recipe->role_in_view;
	plan->program = recipe->program;
	memcpy(plan->grants, recipe->grants, sizeof(plan->grants));
	memcpy(plan->supervisor, recipe->supervisor, sizeof(plan->supervisor));
}

static void arg(struct plan *plan, const char *word)
{
	unsigned i = 0;

	while (plan->argv[i] != NULL)
		i++;
	if (i < ARGV_MAX)
		plan->argv[i] = word;
}

static void args_scp(struct plan *plan, const struct match *match)
{
	arg(plan, "scp");
	if (match->verbose)
		arg(plan, "-v");
	if (match->recursive)
		arg(plan, "-r");
	if (match->directory)
		arg(plan, "-d");
	arg(plan, match->form == FORM_SCP_TO ? "-t" : "-f");
	arg(plan, match->path);
}

/* The letters are the client's: they say how its side codes the stream. The other options are ours, and its side need
 * not know them. They set no modes and no times (rsync(1), --no-OPTION). --whole-file sends no checksums of existing
 * files, by which a client could confirm guesses at their content (generator.c, whole_file). */
static void args_rsync(struct plan *plan, const struct match *match)
{
	static const struct {
		const char *flags, *option;
	} lines[FORM_COUNT] = {
		[FORM_RSYNC_CREATE] = { "-logDtprRe", "--no-implied-dirs" },
		[FORM_RSYNC_REMOVE] = { "-logDtpre", "--delete" },
		[FORM_RSYNC_EMPTY] = { "-logDtpre", "--delete-excluded" },
		[FORM_RSYNC_PUSH] = { "-rSe", "--whole-file" },
		[FORM_RSYNC_PULL] = { "-rSe", "--sender" },
	};
	const char *flags = lines[match->form].flags;

	arg(plan, "rsync");
	arg(plan, "--server");
	if (match->form == FORM_RSYNC_PULL)
		arg(plan, lines[match->form].option);
	strcpy(plan->flags, match->compress ? "-rSze" : flags);
	strcat(plan->flags, match->caps);
	arg(plan, plan->flags);
	if (match->form != FORM_RSYNC_PULL && lines[match->form].option != NULL)
		arg(plan, lines[match->form].option);
	if (plan->op == OP_STREAM || plan->op == OP_EMPTY) {
		arg(plan, "--no-perms");
		arg(plan, "--no-times");
		arg(plan, "--omit-dir-times");
	}
	arg(plan, ".");
	arg(plan, match->path == NULL ? "/" : match->path);
}

static void args_sftp(struct plan *plan)
{
	arg(plan, "sftp-server");
	arg(plan, "-l");
	arg(plan, "QUIET");
	arg(plan, "-p");
	arg(plan, sftp_requests);
}

/* Only its grants say what an SFTP session may do. A profile of one direction has no grants of the other. */
static void grants_narrow(struct plan *plan, unsigned directions)
{
	if (plan->op != OP_SFTP)
		return;
	for (unsigned i = 0; i < GRANTS_MAX; i++) {
		const unsigned needed = plan->grants[i].anchor == ANCHOR_INSTANCES ? DIRECTION_RECEIVE : DIRECTION_SEND;

		if ((directions & needed) == 0)
			plan->grants[i] = (struct grant){ ANCHOR_NONE, 0 };
	}
}

static bool is_allowed(const struct verdict *verdict)
{
	return verdict->kind == VERDICT_ALLOW && (unsigned)verdict->op < OP_COUNT &&
		(unsigned)verdict->form < FORM_COUNT;
}

bool plan_make(struct plan *out, const struct verdict *verdict, const struct match *match)
{
	*out = (struct plan){ .op = verdict->op };
	if (!is_allowed(verdict) || verdict->form != match->form)
		return false;
	if (op_row(verdict->op)->by == OP_BY_BUILTIN || op_row(verdict->op)->by == OP_BY_RELAY) {
		take(out, &acts[verdict->op]);
		return true;
	}
	take(out, &programs[verdict->form]);
	grants_narrow(out, verdict->directions);
	switch (out->program) {
	case PROGRAM_SCP:
		args_scp(out, match);
		break;
	case PROGRAM_RSYNC:
		args_rsync(out, match);
		break;
	case PROGRAM_SFTP_SERVER:
		args_sftp(out);
		break;
	case PROGRAM_NONE:
	case PROGRAM_COUNT:
		return false;
	}
	while (out->argv[out->destination + 1] != NULL)
		out->destination++;
	return true;
}

bool plan_needs_mirror(const struct plan *plan, bool instance)
{
	return plan->op == OP_STREAM || (plan->op == OP_EMPTY && !instance);
}

void plan_redirect(struct plan *plan, const char *mirror)
{
	plan->argv[plan->destination] = mirror;
	plan->grants[0] = (struct grant){ ANCHOR_MIRROR, plan->op == OP_STREAM ? RIGHTS_MIRROR : RIGHTS_EMPTY };
	plan->supervisor[0] = (struct grant){ ANCHOR_MIRROR, RIGHTS_EMPTY };
	plan->supervisor[1] = (struct grant){ ANCHOR_MIRROR_PARENT, RIGHT_REMOVE_DIR };
}

bool plan_make_stream(struct plan *out, const struct verdict *verdict)
{
	*out = (struct plan){ .op = verdict->op };
	if (!is_allowed(verdict) || op_row(verdict->op)->by != OP_BY_BUILTIN)
		return false;
	take(out, &acts[verdict->op]);
	return true;
}
