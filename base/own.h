/* SPDX-License-Identifier: Apache-2.0 */
/* own: descriptors that close themselves.
 * OWN_FD int fd = open(...);  closes fd at the end of its scope; fd_take(&fd) passes the ownership on. */
#ifndef BASE_OWN_H
#define BASE_OWN_H

#include <unistd.h>

#define OWN_FD __attribute__((cleanup(fd_drop)))

static inline int fd_take(int *fd)
{
	const int taken = *fd;

	*fd = -1;
	return taken;
}

static inline void fd_drop(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

#endif
