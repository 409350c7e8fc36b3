/* SPDX-License-Identifier: Apache-2.0 */
#include "sender/tcp.h"

#include <dirent.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static bool is_tcp(int fd)
{
	int protocol = 0;
	socklen_t len = sizeof(protocol);

	return getsockopt(fd, SOL_SOCKET, SO_PROTOCOL, &protocol, &len) == 0 && protocol == IPPROTO_TCP;
}

/* Closes our copy at once, or it would keep a connection open that the child closes. */
static void socket_no_delay(const struct child *child, int number)
{
	const int fd = (int)syscall(SYS_pidfd_getfd, child->pidfd, number, 0), on = 1;

	if (fd < 0)
		return;
	if (is_tcp(fd)) {
		(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
		(void)setsockopt(fd, IPPROTO_TCP, TCP_QUICKACK, &on, sizeof(on));
	}
	close(fd);
}

void tcp_no_delay(const struct child *child)
{
	char path[64];
	DIR *dir;

	(void)snprintf(path, sizeof(path), "/proc/%d/fd", (int)child->pid);
	dir = child->pidfd < 0 ? NULL : opendir(path);
	for (const struct dirent *entry; dir != NULL && (entry = readdir(dir)) != NULL;) {
		struct stat st;

		if (entry->d_name[0] != '.' && fstatat(dirfd(dir), entry->d_name, &st, 0) == 0 && S_ISSOCK(st.st_mode))
			socket_no_delay(child, atoi(entry->d_name));
	}
	if (dir != NULL)
		closedir(dir);
}
