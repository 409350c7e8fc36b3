/* SPDX-License-Identifier: Apache-2.0 */
/* command: runs one command from its bytes to its exit status: words, form, verdict, plan, record, walls, act, record.
 * */
#ifndef SHELL_COMMAND_H
#define SHELL_COMMAND_H

#include "policy/attributes.h"
#include "shell/request.h"

/* Names the peer of invocation. Returns the exit status of the process. Does not return if a signal ended the child: it
 * then ends this process too. */
MUST_USE int command_run(struct invocation *invocation);

#endif
