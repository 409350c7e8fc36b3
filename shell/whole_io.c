/* SPDX-License-Identifier: Apache-2.0 */
#include "shell/whole_io.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <unistd.h>

#include "base/clock.h"

ssize_t read_some(int fd, void *out, size_t size)
{
	ssize_t got;

	do
		got = read(fd, out, size);
	while (got < 0 && errno == EINTR);
	return got;
}

/* Waits until a write of PIPE_BUF bytes does not block. */
static bool await_room(int fd)
{
	const int64_t until = clock_ms() + WRITE_PATIENCE_MS;
	struct pollfd side = { .fd = fd, .events = POLLOUT };
	int64_t left;

	while ((left = until - clock_ms()) > 0) {
		const int ready = poll(&side, 1, (int)left);

		if (ready > 0)
			return true;
		if (ready < 0 && errno != EINTR)
			return false;
	}
	return false;
}

bool write_patiently(int fd, const char *bytes, size_t len)
{
	while (len != 0) {
		ssize_t done;

		if (!await_room(fd))
			return false;
		done = write(fd, bytes, len < PIPE_BUF ? len : PIPE_BUF);
		if (done < 0 && errno == EINTR)
			continue;
		if (done <= 0)
			return false;
		bytes += done;
		len -= (size_t)done;
	}
	return true;
}

bool write_message(int fd, const void *message, size_t len)
{
	ssize_t done;

	do
		done = write(fd, message, len);
	while (done < 0 && errno == EINTR);
	return done == (ssize_t)len;
}
