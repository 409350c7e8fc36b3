/* SPDX-License-Identifier: Apache-2.0 */
#include "shell/command.h"

#include "base/audit.h"
#include "base/clock.h"
#include "base/landlock.h"
#include "node/held.h"
#include "shell/act.h"
#include "shell/slot.h"
#include "shell/trail.h"
#include "shell/transfer.h"
#include "wall/namespace.h"

/* Holds what the session may write, while it runs. */
static int hold(struct command *command, struct fault *fault)
{
	struct verdict *const verdict = &command->verdict;
	const struct config *const config = &command->config;

	command->held.op = verdict->op;
	if (config->claims_mode == CLAIMS_ENFORCE && verdict->op == OP_SFTP &&
		(verdict->directions & DIRECTION_RECEIVE) != 0)
		return held_gather(&command->held, config, &command->roots, command->request, fault);
	act_hold(command, verdict);
	return 0;
}

/* Takes a slot for the transfer. Returns false, and sets *status to the exit status, if there is none. */
static bool slot_taken(struct command *command, int *status)
{
	struct fault fault;
	const bool in_tunnel = command->plan.op == OP_LIBVIRT;
	const int begun = slot_take(&command->config, &command->roots, command->request, in_tunnel, &fault);

	if (begun == 1)
		return true;
	if (begun == 0)
		verdict_deny_sessions(&command->verdict);
	*status = begun < 0 ? trail_deny_fault(command, &fault) : trail_deny(command, &command->verdict);
	return false;
}

/* Connects the parts: the query and the sandbox borrow from the command. */
static void wire(struct command *command)
{
	command->query.config = &command->config;
	command->query.roots = &command->roots;
	command->query.request = command->request;
	command->query.instance = -1;
	command->sandbox = (struct sandbox){
		.abi = landlock_abi(),
		.config = &command->config,
		.roots = &command->roots,
		.verdict = &command->verdict,
		.instance = -1,
		.held = &command->held,
		.mirror = -1,
		.mirror_parent = -1,
		.namespace_make = namespace_make,
		.namespace = NAMESPACE_NONE,
	};
}

/* Is it worth two more processes? An operation of a millisecond is not. */
static bool takes_long(const struct plan *plan)
{
	return plan->program != PROGRAM_NONE || plan->op == OP_REMOVE_TREE || plan->op == OP_LIBVIRT;
}

/* Does it count among the transfers? */
static bool takes_place(const struct plan *plan)
{
	return plan->program != PROGRAM_NONE || plan->op == OP_LIBVIRT;
}

/* Does what was allowed, if it can be confined and recorded. */
static int carry_out(struct command *command)
{
	struct fault fault;
	int status;

	if (!plan_make(&command->plan, &command->verdict, &command->query.match))
		return trail_deny_fault(
			command, &(struct fault){ .reason = REASON_INTERNAL, .what = "no plan for the command" });
	if (takes_place(&command->plan) && !slot_taken(command, &status))
		return status;
	if (hold(command, &fault) != 0)
		return trail_deny_fault(command, &fault);
	if (command->verdict.kind == VERDICT_DENY)
		return trail_deny(command, &command->verdict);
	if (sandbox_prepare(&command->sandbox, &command->plan, &fault) != 0)
		return trail_deny_fault(command, &fault);
	if (takes_long(&command->plan))
		return transfer_run(command);
	if (trail_decide(command, &command->verdict) != 0)
		return trail_refuse(command, REASON_NOT_RECORDED);
	return act_run(command);
}

int command_run(struct invocation *invocation)
{
	static struct command command;
	struct fault fault = { .what = NULL };
	int prepared, decided;

	command.request = &invocation->request;
	command.started_ms = clock_ms();
	command.io = command.turn = command.mirror.fd = command.mirror.parent = -1;
	command.reports[0] = command.reports[1] = -1;
	prepared = query_prepare(&command.config, &command.roots, invocation, &fault);
	if (audit_open(&command.audit, command.config.facility) != 0 && command.config.audit_required)
		return trail_refuse(&command, REASON_NOT_RECORDED);
	if (prepared != 0)
		return trail_deny_fault(&command, &fault);
	wire(&command);
	decided = query_decide(&command.query, &command.verdict, &fault);
	command.sandbox.instance = command.query.instance;
	if (decided != 0)
		return trail_deny_fault(&command, &fault);
	if (command.verdict.kind == VERDICT_DENY)
		return trail_deny(&command, &command.verdict);
	return carry_out(&command);
}
