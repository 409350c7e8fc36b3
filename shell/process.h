/* SPDX-License-Identifier: Apache-2.0 */
/* process: makes the process that sshd started reliable, before anything else. */
#ifndef SHELL_PROCESS_H
#define SHELL_PROCESS_H

#include "policy/attributes.h"

/* Opens /dev/null on any closed descriptor 0 to 2, so that no later file gets that number. Returns 0, or -1. */
MUST_USE int process_open_stdio(void);

/* Closes all other descriptors, ignores SIGPIPE, sets the umask to 022, and forbids core files. Returns 0, or -1. */
MUST_USE int process_harden(void);

#endif
