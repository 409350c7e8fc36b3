/* SPDX-License-Identifier: Apache-2.0 */
/* detach: processes of another user, without root's terminal. On that terminal, another user's process could read what
 * root types, and could type for root's shell (TIOCSTI).
 * Source: setsid(2), tty_ioctl(4), PR_SET_PDEATHSIG in prctl(2). */
#ifndef ADMIN_DETACH_H
#define ADMIN_DETACH_H

#include <pwd.h>
#include <stdbool.h>
#include <sys/types.h>

#include "policy/attributes.h"

/* In a process that was just forked: leaves the terminal for a session of its own, and becomes the user (NULL: stays
 * who it is). SIGTERM ends it when parent ends. The caller closes the descriptors. Fails with -1 and errno. */
MUST_USE int detach_self(pid_t parent, const struct passwd *user);

/* Goes on as the user in a new process, which has pipes as standard output and error, and no other descriptor of ours.
 * The first process does not return: it copies what the new one prints, and its own standard input if reads_input, passes
 * signals on, and ends as the new one ends. Fails with -1 and errno. */
MUST_USE int detach_as(const struct passwd *user, bool reads_input);

#endif
