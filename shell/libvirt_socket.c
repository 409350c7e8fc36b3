/* SPDX-License-Identifier: Apache-2.0 */
#include "shell/libvirt_socket.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>

#include "base/own.h"

enum {
	PATIENCE_S = 30, /* for the daemon to take in a connection, and later a message */
};

/* Who listens there, as the kernel noted it at listen(2). */
static int listener_judge(int fd, const char *path, struct fault *fault)
{
	struct ucred peer;
	socklen_t size = sizeof(peer);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0)
		return fault_set(
			fault, REASON_NOT_CONFIGURED, "cannot ask who listens at libvirt's socket", errno, path);
	if (peer.uid != 0)
		return fault_set(fault, REASON_NOT_CONFIGURED, "not root listens at libvirt's socket", 0, path);
	return 0;
}

int libvirt_socket_connect(const char *path, struct fault *fault)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	const struct timeval patience = { .tv_sec = PATIENCE_S };
	struct stat status;
	OWN_FD int fd = -1;

	if (strlen(path) >= sizeof(address.sun_path))
		return fault_set(fault, REASON_NOT_CONFIGURED, "the path of libvirt's socket is too long", 0, path);
	strcpy(address.sun_path, path);
	if (stat(path, &status) != 0)
		return fault_set(fault, REASON_NOT_CONFIGURED, "cannot find libvirt's socket", errno, path);
	if (!S_ISSOCK(status.st_mode) || status.st_uid != 0)
		return fault_set(fault, REASON_NOT_CONFIGURED, "not a socket that root owns", 0, path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return fault_set(fault, REASON_NOT_CONFIGURED, "cannot make a socket for libvirt", errno, NULL);
	/* A daemon that hangs takes nobody in, and a call would wait for it. */
	if (setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience)) != 0)
		return fault_set(fault, REASON_NOT_CONFIGURED, "cannot bound the wait for libvirt", errno, NULL);
	if (connect(fd, (const struct sockaddr *)&address, sizeof(address)) != 0)
		return fault_set(fault, REASON_NOT_CONFIGURED,
			"cannot connect to libvirt's socket: nova must be in the group that may", errno, path);
	if (listener_judge(fd, path, fault) != 0)
		return -1;
	return fd_take(&fd);
}
