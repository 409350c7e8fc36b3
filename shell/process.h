/* process: makes the process that sshd gave us one that can be relied on, before anything else.
 * Descriptors 0 to 2 are there and no other is; SIGPIPE cannot end us half-way; the umask is 022;
 * it leaves no core.
 * Gives 0, or -1 when not even that can be had. */
#ifndef SHELL_PROCESS_H
#define SHELL_PROCESS_H

#include "policy/attributes.h"

MUST_USE int process_settle(void);

#endif
