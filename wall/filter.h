/* SPDX-License-Identifier: Apache-2.0 */
/* filter: the seccomp filters, compiled at build time from filters.def, and what refusals are called.
 * Source: seccomp(2), seccomp_unotify(2). */
#ifndef WALL_FILTER_H
#define WALL_FILTER_H

#include "policy/plan.h"

enum {
	/* The RLIMIT_NOFILE of a child, and the numbers of two descriptors that it has until its exec: the program,
	 * and the channel to the supervisor. No later file can get them. */
	CHILD_NOFILE = 512,
	EXEC_FD = CHILD_NOFILE,
	CHANNEL_FD = CHILD_NOFILE + 1,
};

struct sock_fprog;

/* The program of a role. NULL for none. */
const struct sock_fprog *filter_program(enum role role);

/* Name of a system call of this architecture, NULL when it has none here. */
const char *filter_call_name(int number);

/* The errno that a refused call is answered with, above 0. */
int filter_call_answer(int number);

#endif
