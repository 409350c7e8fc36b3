/* SPDX-License-Identifier: Apache-2.0 */
#include "shell/trail.h"

#include <stdio.h>
#include <syslog.h>

#include "base/clock.h"
#include "policy/reason.h"
#include "shell/rsync_refusal.h"
#include "shell/say.h"

/* Tells a client of rsync. Before rsync's protocol has begun, the client may lose standard error and the exit status.
 * */
static bool refuse_rsync(struct command *command, const char *line, size_t len, int status)
{
	if (command->ran || !rsync_refusal_fits(command->request->command))
		return false;
	held_release(&command->held); /* this may take as long as the client wants */
	return rsync_refusal_send(line, len, status);
}

/* What an honest peer can do about it. The text is the same whoever claimed the directory, so that nobody learns that.
 * */
static const char *hint_of(enum reason reason)
{
	if (reason != REASON_NOT_CLAIMED)
		return "";
	return ": this peer did not make the directory, or too long ago, or by another address, or it was changed here";
}

int trail_refuse(struct command *command, enum reason reason)
{
	char line[RSYNC_REFUSAL_LINE_MAX];
	const int status = reason_status(reason);
	const int len = snprintf(line, sizeof(line), "rssh-nova: refused: %s (ref %s)%s\n", reason_word(reason),
		command->request->ref, hint_of(reason));

	command->refused = true;
	if (!refuse_rsync(command, line, (size_t)len, status))
		say(line, (size_t)len);
	return status;
}

int trail_send(struct command *command, int level)
{
	return audit_send(&command->audit, level, &command->record);
}

int trail_decide(struct command *command, const struct verdict *verdict)
{
	char confine[CONFINE_TEXT_MAX] = "", given[RECORD_GIVEN_MAX + 1] = "";
	const struct terms terms = { .confine = confine, .given = given, .left = command->held.left };
	const bool allow = verdict->kind == VERDICT_ALLOW;

	if (allow)
		sandbox_text(confine, &command->sandbox);
	if (allow && verdict->op == OP_SFTP)
		held_text(given, &command->held);
	record_decide(&command->record, command->config.audit_json, command->request, verdict, &terms);
	if (trail_send(command, allow ? LOG_INFO : LOG_WARNING) == 0 || !command->config.audit_required)
		return 0;
	return -1;
}

int trail_deny(struct command *command, const struct verdict *verdict)
{
	const bool recorded = trail_decide(command, verdict) == 0;

	return trail_refuse(command, recorded ? verdict->reason : REASON_NOT_RECORDED);
}

/* The record of what failed. The record of the denial or of the outcome follows it. */
static void fault_record(struct command *command, const struct fault *fault)
{
	char problem[RECORD_VALUE_MAX];

	fault_text(problem, sizeof(problem), fault);
	record_fault(&command->record, command->config.audit_json, command->request->ref, fault_where(fault),
		fault->line, problem);
	(void)trail_send(command, LOG_ERR);
}

int trail_deny_fault(struct command *command, const struct fault *fault)
{
	struct verdict verdict = command->verdict;

	fault_record(command, fault);
	verdict.kind = VERDICT_DENY;
	verdict.reason = fault->reason;
	return trail_deny(command, &verdict);
}

int trail_finish(struct command *command, struct outcome *outcome)
{
	outcome->ms = clock_ms() - command->started_ms;
	record_done(&command->record, command->config.audit_json, command->request->ref, outcome);
	if (trail_send(command, LOG_INFO) != 0 && command->config.audit_required) {
		static const char text[] = "rssh-nova: the outcome could not be recorded\n";

		say(text, sizeof(text) - 1);
	}
	return outcome->status;
}

int trail_finish_fault(struct command *command, const struct fault *fault)
{
	struct outcome outcome = { .status = reason_status(fault->reason), .denied = "" };

	fault_record(command, fault);
	trail_finish(command, &outcome);
	return trail_refuse(command, fault->reason);
}

void trail_say_limit(const struct command *command, const char *limit)
{
	char line[128];
	const int len = snprintf(line, sizeof(line), "rssh-nova: ended: %s (ref %s)\n", limit, command->request->ref);

	say(line, (size_t)len);
}
