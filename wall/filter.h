/* SPDX-License-Identifier: Apache-2.0 */
/* filter: the seccomp filters, which the build compiles from filters.def, and the names of calls.
 * Source: seccomp(2), seccomp_unotify(2). */
#ifndef WALL_FILTER_H
#define WALL_FILTER_H

#include "policy/role.h"

enum {
	/* The RLIMIT_NOFILE of a child, and two descriptors that it has until its exec: the program, and the channel
	 * to the supervisor. No later file can get these numbers. */
	CHILD_NOFILE = 512,
	EXEC_FD = CHILD_NOFILE,
	CHANNEL_FD = CHILD_NOFILE + 1,
};

struct sock_fprog;

/* Returns the filter of a role, or NULL for none. */
const struct sock_fprog *filter_program(enum role role);

/* Returns the name of a system call of this architecture, or NULL. */
const char *filter_call_name(int number);

/* Returns the errno that a refused call gets, above 0. */
int filter_call_answer(int number);

#endif
