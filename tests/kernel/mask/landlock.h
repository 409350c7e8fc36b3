/* SPDX-License-Identifier: Apache-2.0 */
/* landlock: what a kernel whose Landlock is of another ABI answers.
 * Source: security/landlock/syscalls.c and Documentation/userspace-api/landlock.rst of Linux: an unknown bit is
 * EINVAL, bytes that are not zero behind the structure that the kernel knows are E2BIG. */
#ifndef MASK_LANDLOCK_H
#define MASK_LANDLOCK_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* The ABI of the kernel that runs, 0 for none. */
int landlock_running(void);

/* Judges one of Landlock's system calls of the process pid, which is stopped in it. True: *answer is what it is to
 * return. False: it may go on to the running kernel; what a later ABI has and that kernel does not is then taken
 * out of the arguments. */
bool landlock_judge(long *answer, int abi, pid_t pid, long call, const uint64_t args[6]);

#endif
