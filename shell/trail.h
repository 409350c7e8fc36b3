/* SPDX-License-Identifier: Apache-2.0 */
/* trail: what a command leaves behind: its records in the audit, and the one line that tells the client of a refusal.
 * Functions that end the command return its exit status. */
#ifndef SHELL_TRAIL_H
#define SHELL_TRAIL_H

#include "policy/attributes.h"
#include "shell/context.h"

/* Sends the record that the command holds. Returns 0, or -1 if syslog did not take it. */
int trail_send(struct command *command, int level);

/* Records the verdict. Returns 0 if what was allowed may go on, -1 if it must be recorded and was not. */
MUST_USE int trail_decide(struct command *command, const struct verdict *verdict);

/* Tells the client, in one line, that the command is refused. The line never says what the policy is. */
int trail_refuse(struct command *command, enum reason reason);

/* Records the denial and tells the client. */
MUST_USE int trail_deny(struct command *command, const struct verdict *verdict);

/* As trail_deny(), after a failure before a verdict was recorded. Records the fault first. */
MUST_USE int trail_deny_fault(struct command *command, const struct fault *fault);

/* Records the outcome of what was allowed. Sets outcome->ms. */
int trail_finish(struct command *command, struct outcome *outcome);

/* As trail_finish(), after a failure that came later. Records the fault first, and tells the client. */
MUST_USE int trail_finish_fault(struct command *command, const struct fault *fault);

/* Tells the client why its transfer ended. sshd drops this line if the transfer is a subsystem. */
void trail_say_limit(const struct command *command, const char *limit);

#endif
