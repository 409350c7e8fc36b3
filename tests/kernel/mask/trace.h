/* SPDX-License-Identifier: Apache-2.0 */
/* trace: follows a process and all that comes of it, and answers the system calls that a filter reports.
 * Source: ptrace(2), seccomp(2). x86-64 alone. */
#ifndef MASK_TRACE_H
#define MASK_TRACE_H

#include <sys/types.h>

/* How the kernel is to look: abi of Landlock, and release as uname(2) tells it; 0 and NULL leave it. */
struct mask {
	int abi;
	const char *release;
};

/* Follows pid, which is our child and has not begun. 0, or -1 and errno. */
int trace_begin(pid_t pid);

/* Until nothing is left that came of pid. Gives the status of pid, as waitpid(2) does. */
int trace_all(pid_t pid, const struct mask *mask);

#endif
