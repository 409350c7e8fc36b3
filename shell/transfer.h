/* SPDX-License-Identifier: Apache-2.0 */
/* transfer: a command that takes long: a program of the distribution, or the removal of a tree. It runs in a child that
 * confines itself. The supervisor stays beside the child. The keeper waits beside the supervisor, and records the
 * outcome if somebody kills it. */
#ifndef SHELL_TRANSFER_H
#define SHELL_TRANSFER_H

#include "policy/attributes.h"
#include "shell/context.h"

/* Splits the process, decides, runs the child, and records. Returns the exit status in both processes; does not return
 * in the keeper if a signal ended the child, which then ends the keeper too. */
MUST_USE int transfer_run(struct command *command);

#endif
