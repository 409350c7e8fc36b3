/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/answer.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "admin/second_wall.h"
#include "base/audit.h"
#include "base/landlock.h"
#include "base/own.h"
#include "wall/program.h"

/* Stands for the private directory into which rsync writes. */
static const char mirror_name[] = "MIRROR";

/* The environment holds only the variables that sshd would set. */
static int environment_make(struct answer *out, const struct question *question)
{
	if (clearenv() != 0 || asprintf(&out->connection, "SSH_CONNECTION=%s 0 - 0", question->identity->peer) < 0 ||
		putenv(out->connection) != 0)
		return -1;
	if (!question->forced)
		return 0;
	if (asprintf(&out->original, "SSH_ORIGINAL_COMMAND=%s", question->line.at) < 0)
		return -1;
	return putenv(out->original);
}

/* The shell reads the line where sshd would put it. */
static int invocation_make(struct answer *out, const struct question *question)
{
	static char shell[] = "rssh-nova", dash_c[] = "-c", nothing[] = "";
	/* No argument can hold a NUL: such a line is passed on as bytes. */
	const bool whole = strlen(question->line.at) == question->line.len;
	char *const line = whole ? (char *)(uintptr_t)question->line.at : nothing;
	char *argv[] = { shell, dash_c, line, NULL };
	struct invocation *const invocation = &out->invocation;

	if (environment_make(out, question) != 0)
		return fault_set(&out->fault, REASON_INTERNAL, "cannot set the environment", errno, NULL);
	invocation_read(invocation, question->forced ? 1 : 3, argv);
	strcpy(invocation->request.key, question->identity->key);
	if (!whole)
		invocation->request.command = question->line;
	if (question->profile != NULL && invocation->request.profile[0] == '\0')
		snprintf(invocation->request.profile, PROFILE_MAX, "%s", question->profile);
	if (question->config != NULL && invocation->config[0] == '\0')
		snprintf(invocation->config, sizeof(invocation->config), "%s", question->config);
	return 0;
}

/* The plan, and the walls and the program that it needs, as child_prepare() of the shell checks them. Of its system
 * calls, those that only make the private directory are left out: they decide nothing. */
static int plan_complete(struct answer *out)
{
	if (!plan_make(&out->plan, &out->verdict, &out->query.match))
		return fault_set(&out->fault, REASON_INTERNAL, "no plan for the command", 0, NULL);
	if (sandbox_prepare(&out->sandbox, &out->plan, &out->fault) != 0)
		return -1;
	if (out->plan.program == PROGRAM_NONE)
		return 0;
	OWN_FD int program = program_open(out->config.program[out->plan.program], &out->fault);

	if (program < 0)
		return -1;
	if (plan_needs_mirror(&out->plan, out->query.instance >= 0))
		plan_redirect(&out->plan, mirror_name);
	return 0;
}

/* Can syslog record it? Sends nothing. */
static int audit_try(struct answer *out)
{
	struct audit audit;
	const bool open = audit_open(&audit, out->config.facility) == 0;
	const int err = errno;

	fd_drop(&audit.fd);
	if (open || !out->config.audit_required)
		return 0;
	return fault_set(&out->fault, REASON_NOT_RECORDED, "cannot reach syslog", err, "/dev/log");
}

/* In the order of command_run() of the shell: it reports a missing syslog before a fault of the configuration. */
static int answer_find(struct answer *out, const struct question *question)
{
	int prepared;

	if (invocation_make(out, question) != 0)
		return -1;
	prepared = query_prepare(&out->config, &out->roots, &out->invocation, &out->fault);
	if (audit_try(out) != 0 || prepared != 0 || query_decide(&out->query, &out->verdict, &out->fault) != 0)
		return -1;
	return out->verdict.kind == VERDICT_DENY ? 0 : plan_complete(out);
}

void answer_make(struct answer *out, const struct question *question)
{
	*out = (struct answer){ .fault = { .what = NULL } };
	config_default(&out->config);
	out->query = (struct query){
		.config = &out->config,
		.roots = &out->roots,
		.request = &out->invocation.request,
		.instance = -1,
	};
	out->sandbox = (struct sandbox){
		.abi = landlock_abi(),
		.config = &out->config,
		.namespace_make = second_wall_try,
		.namespace = NAMESPACE_NONE,
	};
	if (answer_find(out, question) == 0)
		return;
	out->verdict.kind = VERDICT_DENY;
	out->verdict.reason = out->fault.reason;
}

void answer_clear(struct answer *answer)
{
	fd_drop(&answer->query.instance);
	for (unsigned i = 0; i < answer->roots.count; i++)
		fd_drop(&answer->roots.fd[i]);
	answer->roots.count = 0;
	(void)clearenv();
	free(answer->connection);
	free(answer->original);
}
