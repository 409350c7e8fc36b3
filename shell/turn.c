/* SPDX-License-Identifier: Apache-2.0 */
#include "shell/turn.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>

#include "shell/slot.h"

static const off_t byte = (off_t)1 << 60; /* beyond every slot of shell/slot.c */

int turn_open(const struct roots *roots)
{
	return slot_file_open(roots);
}

static int lock_take(int fd, off_t at)
{
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = at, .l_len = 1 };

	return fcntl(fd, F_OFD_SETLK, &lock);
}

/* *waited: milliseconds so far. */
static int lock_wait(int fd, off_t at, unsigned *waited)
{
	for (; lock_take(fd, at) != 0; ++*waited) {
		if (errno != EAGAIN && errno != EACCES)
			return -1;
		if (*waited >= TURN_WAIT_MS) {
			errno = EAGAIN;
			return -1;
		}
		(void)poll(NULL, 0, 1);
	}
	return 0;
}

int turn_take(int fd, const struct request *request)
{
	unsigned waited = 0;

	if (lock_wait(fd, slot_of_waiting(request), &waited) != 0)
		return -1;
	return lock_wait(fd, byte, &waited);
}

void turn_give(int fd)
{
	struct flock both = { .l_type = F_UNLCK, .l_whence = SEEK_SET }; /* to the end: fd has no other lock */

	(void)fcntl(fd, F_OFD_SETLK, &both);
}
