/* SPDX-License-Identifier: Apache-2.0 */
#include "shell/stream.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "shell/act.h"
#include "shell/trail.h"

/* Records the verdict. Returns 0 if the operation may be done, or -1 and a fault. */
static int stream_record(struct command *command, const struct verdict *verdict, struct fault *fault)
{
	if (trail_decide(command, verdict) == 0)
		return 0;
	return fault_set(fault, REASON_NOT_RECORDED, "cannot record the verdict", errno, NULL);
}

static struct verdict stream_decide(const struct command *command, enum op op, const char *path)
{
	struct verdict verdict = verdict_decide_stream(&command->config, command->query.match.form, op, path);

	verdict_check_space(&verdict, &command->config, &command->query.facts);
	return verdict;
}

/* Makes the directory of a file that rsync brings, as rsync would: Nova's create_file counts on it on a node that has
 * never seen the instance. Runs within the supervisor's walls, before those of the file itself. */
static int make_parent(struct command *command, const char *path, struct fault *fault)
{
	char parent[CMD_MAX];
	struct verdict verdict;

	snprintf(parent, sizeof(parent), "%.*s", (int)(strrchr(path, '/') - path), path);
	verdict = stream_decide(command, OP_MKDIR, parent);
	if (act_load_claim(command, &verdict, fault) != 0)
		return -1;
	if (verdict.kind == VERDICT_DENY)
		return trail_deny(command, &verdict);
	if (stream_record(command, &verdict, fault) != 0)
		return -1;
	return act_within(command, &verdict, fault);
}

/* One operation, decided, recorded and done like a command of its own. Returns the exit status, or -1 and a fault. */
static int stream_act_on(struct command *command, const struct asked *asked, struct fault *fault)
{
	struct verdict verdict = stream_decide(command, asked->op, asked->path);
	struct plan plan;
	int rc = act_load_claim(command, &verdict, fault);

	if (rc == 0 && verdict.kind == VERDICT_ALLOW && verdict.op == OP_TOUCH && command->sandbox.instance < 0) {
		rc = make_parent(command, asked->path, fault);
		if (rc == 0)
			rc = act_load_claim(command, &verdict, fault);
	}
	if (rc != 0)
		return rc;
	if (verdict.kind == VERDICT_ALLOW)
		act_hold(command, &verdict);
	if (verdict.kind == VERDICT_DENY)
		return trail_deny(command, &verdict);
	if (stream_record(command, &verdict, fault) != 0)
		return -1;
	if (!plan_make_stream(&plan, &verdict))
		return fault_set(fault, REASON_INTERNAL, "no plan for the stream", 0, NULL);
	return act_confined(command, &plan, &verdict, fault);
}

int stream_act(struct command *command, const struct asked *asked, int child_status, struct fault *fault)
{
	struct verdict other = command->verdict;

	if (asked->kind == MIRROR_OTHER ||
		(asked->kind == MIRROR_NOTHING && command->query.match.form == FORM_RSYNC_CREATE &&
			child_status == 0)) {
		other.kind = VERDICT_DENY;
		other.reason = REASON_STREAM;
		return trail_deny(command, &other);
	}
	if (child_status != 0 || asked->kind == MIRROR_NOTHING)
		return child_status;
	return stream_act_on(command, asked, fault);
}
