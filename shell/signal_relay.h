/* SPDX-License-Identifier: Apache-2.0 */
/* signal_relay: sends the signals that a child's processes send each other. The two halves of rsync need a few. No
 * filter knows whose a pid is, and Landlock confines signals only since its ABI 6. So the supervisor sends them.
 * Source: seccomp_unotify(2), pidfd_open(2), landlock(7). */
#ifndef SHELL_SIGNAL_RELAY_H
#define SHELL_SIGNAL_RELAY_H

#include <stdbool.h>
#include <sys/types.h>

#include "policy/attributes.h"

struct seccomp_data;

/* Sends the signal for the child if rsync or abort(3) uses it and the target is in the child's group, which no process
 * of the child can leave. Returns true and sets *err to 0 or the errno of the call; false if the call must be refused.
 * */
bool signal_relay(int *err, const struct seccomp_data *call, pid_t group);

/* Can it send signals? Returns 0, or -1 and errno, for example if the filter of a container forbids it: rsync would
 * then wait for ever. */
MUST_USE int signal_relay_available(void);

#endif
