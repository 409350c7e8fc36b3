/* SPDX-License-Identifier: Apache-2.0 */
/* tunnel_child: the child that runs shell/tunnel.h, from its supervisor. The supervisor starts it, judges the files of
 * its domain, records each report, and lets it go on.
 * Owns: the two ends of the channel are in the command. */
#ifndef SHELL_TUNNEL_CHILD_H
#define SHELL_TUNNEL_CHILD_H

#include <stdbool.h>

#include "policy/attributes.h"
#include "shell/context.h"
#include "shell/spawn.h"

/* Starts the child, and opens the channel of its reports. Returns 0, or -1 and a fault. */
MUST_USE int tunnel_child_spawn(struct child *out, struct command *command, struct fault *fault);

/* A report of the child, for struct watch_rules; what is the command. Records what the child found, and lets it go on.
 * False if the child must be ended. */
MUST_USE bool tunnel_child_record(void *what, int reports);

/* Records the end of the session if the child was ended before it could report that. */
void tunnel_child_end(struct command *command, const struct outcome *outcome);

#endif
