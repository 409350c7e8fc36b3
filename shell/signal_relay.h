/* SPDX-License-Identifier: Apache-2.0 */
/* relay: the signals that a child's processes send each other. rsync's two halves need a few, but no filter can
 * know whose a number is, and Landlock keeps signals in only since its ABI 6: so the supervisor sends them.
 * Source: seccomp_unotify(2), pidfd_open(2), landlock(7). */
#ifndef SHELL_SIGNAL_RELAY_H
#define SHELL_SIGNAL_RELAY_H

#include <stdbool.h>
#include <sys/types.h>

#include "policy/attributes.h"

struct seccomp_data;

/* Sends the signal that call asks for, when it is one of those that benign runs send, and to a process of group,
 * which none that the child made can have left. True: *err is 0 or what the call fails with. False: the call is
 * to be refused. */
bool signal_relay(int *err, const struct seccomp_data *call, pid_t group);

/* Can signals be sent so? -1 and errno where a container's filter, say, forbids it: rsync would wait for ever. */
MUST_USE int signal_relay_available(void);

#endif
