/* SPDX-License-Identifier: Apache-2.0 */
#include "shell/act.h"

#include <errno.h>

#include "node/held.h"
#include "node/instance.h"
#include "shell/builtin.h"
#include "shell/trail.h"
#include "shell/turn.h"

int act_load_claim(struct command *command, struct verdict *verdict, struct fault *fault)
{
	const int rc = query_load_claim(&command->query, verdict, fault);

	command->sandbox.instance = command->query.instance;
	return rc;
}

void act_hold(struct command *command, struct verdict *verdict)
{
	const struct config *const config = &command->config;
	const int instance = command->sandbox.instance;

	if (!verdict->needs_claim || instance < 0)
		return;
	if (!held_add(&command->held, instance, verdict->instance))
		verdict_apply_claim(verdict, config, CLAIM_BUSY, true);
	/* A fence may have ended the claim between our look and our lock. From now on a fence waits for us. */
	else if (config->claims_mode == CLAIMS_ENFORCE && verdict->claim != CLAIM_STALE)
		verdict_apply_claim(verdict, config, instance_claim(instance, config, command->request, false), true);
}

/* The exit status of an operation. A refusal that only the operation could find is recorded like any other. */
static int operated(struct command *command, const struct verdict *verdict, int result)
{
	static const enum reason reasons[] = {
		[BUILTIN_TAKEN] = REASON_NOT_CLAIMED,
		[BUILTIN_TOO_MANY_CLAIMS] = REASON_TOO_MANY_CLAIMS,
		[BUILTIN_TOO_MANY_PROBES] = REASON_TOO_MANY_PROBES,
	};
	struct verdict denied = *verdict;

	if (result == BUILTIN_DONE || result == BUILTIN_FAILED)
		return result;
	verdict_deny_late(&denied, reasons[result]);
	return trail_deny(command, &denied);
}

int act_prepare_turn(struct command *command, struct fault *fault)
{
	if (command->config.claims_mode == CLAIMS_OFF)
		return 0;
	command->turn = turn_open(&command->roots);
	if (command->turn >= 0)
		return 0;
	return fault_set(fault, REASON_NOT_CONFIGURED, "cannot open the lock file in instances_path", errno, NULL);
}

static bool wants_turn(const struct command *command)
{
	return command->plan.op == OP_REMOVE_TREE || (command->plan.op == OP_TOUCH && command->verdict.probe) ||
		(command->plan.op == OP_MKDIR && command->query.claim[0] != '\0');
}

int act_within(struct command *command, const struct verdict *verdict, struct fault *fault)
{
	const struct place place = {
		.root = command->roots.fd[verdict->root],
		.instance = command->sandbox.instance,
		.rel = verdict->rel,
		.shown = verdict->path,
		.probe = verdict->probe,
		.claim = command->query.claim[0] != '\0' ? command->query.claim : NULL,
		.config = &command->config,
		.request = command->request,
		.claimed = verdict->claim == CLAIM_OWN,
		.stale = verdict->claim == CLAIM_STALE,
		.held = command->held.count != 0,
		.turn = command->turn,
		.ref = command->request->ref,
	};
	builtin_fn *const operation = builtin_of(verdict->op);

	if (operation == NULL)
		return fault_set(fault, REASON_INTERNAL, "no such operation", 0, op_word(verdict->op));
	return operated(command, verdict, operation(&place));
}

int act_confined(struct command *command, const struct plan *plan, const struct verdict *verdict, struct fault *fault)
{
	command->sandbox.verdict = verdict;
	if (sandbox_enter(&command->sandbox, plan->role, plan->grants, fault) != 0)
		return -1;
	return act_within(command, verdict, fault);
}

int act_asked_for(struct command *command, struct fault *fault)
{
	if (wants_turn(command) && act_prepare_turn(command, fault) != 0)
		return -1;
	return act_confined(command, &command->plan, &command->verdict, fault);
}

int act_run(struct command *command)
{
	struct outcome outcome = { .denied = "" };
	struct fault fault;

	outcome.status = act_asked_for(command, &fault);
	return outcome.status < 0 ? trail_finish_fault(command, &fault) : trail_finish(command, &outcome);
}
