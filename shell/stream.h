/* SPDX-License-Identifier: Apache-2.0 */
/* stream: does what rsync asked for within its own protocol, which the mirror shows, as one of our own operations.
 * Source: Nova's rsync driver, which creates and removes a file or directory by an rsync of an empty directory. */
#ifndef SHELL_STREAM_H
#define SHELL_STREAM_H

#include "policy/attributes.h"
#include "shell/context.h"

/* Decides, records and does what the stream asked for. child_status is that of the rsync that filled the mirror; if it
 * failed, nothing is done and its status returned. A stream that is not Nova's is denied.
 * Returns the exit status, or -1 and a fault. */
MUST_USE int stream_act(struct command *command, const struct asked *asked, int child_status, struct fault *fault);

#endif
