/* SPDX-License-Identifier: Apache-2.0 */
/* process: makes the process that sshd gave us one that can be relied on, before anything else. */
#ifndef SHELL_PROCESS_H
#define SHELL_PROCESS_H

#include "policy/attributes.h"

/* Descriptors 0 to 2 are there: else a record or a file would stand in their place. 0, or -1. */
MUST_USE int process_open_stdio(void);

/* No other descriptor is there; SIGPIPE cannot end us half-way; the umask is 022; it leaves no core.
 * 0, or -1 when not even that can be had. */
MUST_USE int process_harden(void);

#endif
