/* SPDX-License-Identifier: Apache-2.0 */
/* act: our own operations (shell/builtin.h), for a command line and for a stream.
 * Functions that return an int return the exit status, or -1 and a fault. */
#ifndef SHELL_ACT_H
#define SHELL_ACT_H

#include "policy/attributes.h"
#include "shell/context.h"

/* Loads the claim of the instance that the verdict is about, and applies it to the verdict. The sandbox grants that
 * instance. Returns 0, or -1 and a fault. */
MUST_USE int act_load_claim(struct command *command, struct verdict *verdict, struct fault *fault);

/* Holds the instance that the verdict is about (node/held.h), and judges its claim again. Denies if another process
 * locks it exclusively: then it starts here. */
void act_hold(struct command *command, struct verdict *verdict);

/* Opens the lock file of shell/turn.h. Does nothing if [claims] mode = off. Returns 0, or -1 and a fault. */
MUST_USE int act_prepare_turn(struct command *command, struct fault *fault);

/* Does one operation within the walls that already confine us. */
MUST_USE int act_within(struct command *command, const struct verdict *verdict, struct fault *fault);

/* Confines us to one operation, and does it. */
MUST_USE int act_confined(
	struct command *command, const struct plan *plan, const struct verdict *verdict, struct fault *fault);

/* Does the operation of the command line, confined. */
MUST_USE int act_asked_for(struct command *command, struct fault *fault);

/* As act_asked_for(), and records the outcome. Returns the exit status. */
MUST_USE int act_run(struct command *command);

#endif
