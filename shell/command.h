/* SPDX-License-Identifier: Apache-2.0 */
/* command: the way of one command: bytes, words, form, verdict, plan, record, walls, act, record.
 * Gives the exit status of the process; does not return when the child was ended by a signal, which then
 * ends us too. Names the peer of invocation. */
#ifndef SHELL_COMMAND_H
#define SHELL_COMMAND_H

#include "policy/attributes.h"
#include "shell/request.h"

MUST_USE int command_run(struct invocation *invocation);

#endif
