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

static int lock_set(int fd, short type)
{
	struct flock lock = { .l_type = type, .l_whence = SEEK_SET, .l_start = byte, .l_len = 1 };

	return fcntl(fd, F_OFD_SETLK, &lock);
}

int turn_take(int fd)
{
	for (unsigned waited = 0; lock_set(fd, F_WRLCK) != 0; waited++) {
		if (errno != EAGAIN && errno != EACCES)
			return -1;
		if (waited == TURN_WAIT_MS) {
			errno = EAGAIN;
			return -1;
		}
		(void)poll(NULL, 0, 1);
	}
	return 0;
}

void turn_give(int fd)
{
	(void)lock_set(fd, F_UNLCK);
}
