/* SPDX-License-Identifier: Apache-2.0 */
/* Sockets of every family, and what can be done with the descriptors that are there. */
#include <arpa/inet.h>
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "attempt.h"

enum {
	FAMILIES = 46,
};

static void families(void)
{
	static const int types[] = { SOCK_STREAM, SOCK_DGRAM, SOCK_RAW, SOCK_SEQPACKET };

	for (int family = 0; family < FAMILIES; family++)
		for (size_t i = 0; i < (family == AF_INET || family == AF_UNIX ? 4u : 2u); i++) {
			const long fd = DENIED(socket, family, types[i], 0);
			const bool usual = (family == AF_UNIX || family == AF_INET) && i < 2;

			report(usual ? ESCAPES : REFUSED, fd >= 0, "socket-family-%d-type-%d", family, types[i]);
			if (fd >= 0)
				close((int)fd);
		}
	report(REFUSED, DENIED(socket, AF_NETLINK, SOCK_RAW, 0) >= 0, "socket-netlink-raw");
	report(REFUSED, DENIED(socket, AF_INET, SOCK_STREAM, 262) >= 0 && !is_free(), "socket-mptcp");
}

/* libc asks for such a socket when it looks for a daemon of user names. That is refused uncounted where a program does
 * so; one step off is counted. */
static void of_names(void)
{
	const int type = SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK;

	report(ESCAPES, DENIED_BUT("RVMCFP", socket, AF_UNIX, type, 0) >= 0, "socket-of-names");
	report(ESCAPES, DENIED(socket, AF_INET, type, 0) >= 0, "socket-of-names-inet");
	report(ESCAPES, DENIED(socket, AF_UNIX, type, PF_UNIX) >= 0, "socket-of-names-protocol");
}

static void pairs(void)
{
	int ends[2];

	report(INSIDE, DENIED_BUT("RVM", socketpair, AF_UNIX, SOCK_STREAM, 0, ends) == 0, "socketpair-stream");
	report(ESCAPES, DENIED(socketpair, AF_UNIX, SOCK_DGRAM, 0, ends) == 0, "socketpair-datagram");
	report(ESCAPES, DENIED(socketpair, AF_UNIX, SOCK_SEQPACKET, 0, ends) == 0, "socketpair-seqpacket");
	report(REFUSED, DENIED(socketpair, AF_INET, SOCK_STREAM, 0, ends) == 0, "socketpair-inet");
}

/* With a socket when one can be had, else with whatever standard input is. */
static void reach(int family, const void *address, socklen_t len, const char *shown)
{
	const long made = DENIED(socket, family, SOCK_STREAM, 0);
	const long fd = made >= 0 ? made : 0;

	report(ESCAPES, DENIED(connect, fd, address, len) == 0, "connect-%s", shown);
	report(REFUSED, DENIED(sendto, fd, "x", 1, MSG_NOSIGNAL, address, len) == 1 && !is_free(), "sendto-%s", shown);
	report(REFUSED, DENIED(sendto, fd, "x", 1, MSG_NOSIGNAL | 0x20000000, address, len) == 1 && !is_free(),
		"fast-open-%s", shown);
	if (made >= 0)
		close((int)made);
}

static void addresses(void)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	struct sockaddr_in inet = { .sin_family = AF_INET, .sin_port = htons((unsigned short)aim.port) };
	const size_t head = offsetof(struct sockaddr_un, sun_path);

	inet.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	reach(AF_INET, &inet, sizeof(inet), "inet");
	memcpy(address.sun_path + 1, aim.abstract, strlen(aim.abstract));
	reach(AF_UNIX, &address, (socklen_t)(head + 1 + strlen(aim.abstract)), "abstract");
	memset(address.sun_path, 0, sizeof(address.sun_path));
	snprintf(address.sun_path, sizeof(address.sun_path), "%.100s", aim.socket);
	reach(AF_UNIX, &address, sizeof(address), "pathname");
	report(REFUSED, DENIED(bind, 0, &address, sizeof(address)) == 0, "bind");
}

static void descriptors(void)
{
	struct msghdr message = { .msg_name = NULL };
	struct mmsghdr messages = { .msg_hdr = message };
	int value = 1;
	socklen_t len = sizeof(value);
	char byte = 0;

	for (int fd = 0; fd < 3; fd++) {
		report(REFUSED, DENIED(sendmsg, fd, &message, 0) >= 0, "sendmsg-%d", fd);
		report(REFUSED, DENIED(listen, fd, 1) == 0, "listen-%d", fd);
	}
	report(REFUSED, TRIED(sendmsg, 513, &message, 0) >= 0, "sendmsg-channel");
	report(REFUSED, DENIED(sendmmsg, 0, &messages, 1, 0) >= 0, "sendmmsg");
	report(REFUSED, DENIED(recvmsg, 0, &message, MSG_DONTWAIT) >= 0, "recvmsg");
	report(REFUSED, DENIED(recvmmsg, 0, &messages, 1, MSG_DONTWAIT, NULL) >= 0, "recvmmsg");
	report(REFUSED, DENIED(recvfrom, 0, &byte, 1, MSG_DONTWAIT, NULL, NULL) >= 0, "recvfrom");
	report(REFUSED, DENIED(accept, 0, NULL, NULL) >= 0, "accept");
	report(REFUSED, DENIED(accept4, 0, NULL, NULL, 0) >= 0, "accept4");
	report(REFUSED, DENIED(shutdown, 0, 0) == 0, "shutdown");
	report(REFUSED, DENIED(setsockopt, 0, SOL_SOCKET, SO_REUSEADDR, &value, len) == 0, "setsockopt");
	report(REFUSED, DENIED(getsockopt, 0, SOL_SOCKET, SO_REUSEADDR, &value, &len) == 0, "getsockopt");
	report(REFUSED, DENIED(getsockname, 0, NULL, NULL) == 0, "getsockname");
	report(REFUSED, DENIED(getpeername, 0, NULL, NULL) == 0, "getpeername");
}

void attempts_sockets(void)
{
	families();
	of_names();
	pairs();
	addresses();
	descriptors();
}
