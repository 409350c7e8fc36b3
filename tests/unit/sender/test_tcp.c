/* SPDX-License-Identifier: Apache-2.0 */
#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "sender/child.h"
#include "sender/tcp.h"
#include "tests/unit/skip.h"

static struct output output;

/* A child whose descriptor 3 is a TCP connection to *accepted. */
static struct child connected_child(int *accepted)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	const int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	socklen_t len = sizeof(address);
	char script[128];
	const char *const words[] = { "/bin/bash", "-c", script, NULL };
	struct child child;

	cr_assert_eq(bind(listener, (struct sockaddr *)&address, len), 0);
	cr_assert_eq(listen(listener, 1), 0);
	cr_assert_eq(getsockname(listener, (struct sockaddr *)&address, &len), 0);
	snprintf(script, sizeof(script), "exec 3<>/dev/tcp/127.0.0.1/%d; exec sleep 100", ntohs(address.sin_port));
	output_init(&output, NULL, NULL);
	cr_assert(child_start(&child, words, -1, &output));
	*accepted = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	cr_assert_geq(*accepted, 0);
	close(listener);
	return child;
}

static bool is_nodelay(const struct child *child)
{
	const int fd = (int)syscall(SYS_pidfd_getfd, child->pidfd, 3, 0);
	socklen_t len = sizeof(int);
	int on = 0;

	cr_assert_eq(getsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, &len), 0);
	close(fd);
	return on != 0;
}

/* bash may hold the connection under another number first. Containers may forbid pidfd_getfd(2); the sender
 * does without then. */
static void await_number(struct child *child)
{
	int fd = -1;

	for (unsigned i = 0; i < 500 && fd < 0; i++) {
		fd = (int)syscall(SYS_pidfd_getfd, child->pidfd, 3, 0);
		if (fd < 0 && (errno == EPERM || errno == ENOSYS)) {
			child_stop(child);
			SKIP_HERE("pidfd_getfd: %s", strerror(errno));
		}
		usleep(10000);
	}
	cr_assert_geq(fd, 0);
	close(fd);
}

Test(tcp, of_a_child_sends_at_once)
{
	int accepted;
	struct child child = connected_child(&accepted);

	await_number(&child);
	cr_expect_not(is_nodelay(&child));
	tcp_no_delay(&child);
	cr_expect(is_nodelay(&child));
	child_stop(&child);
}

Test(tcp, connection_ends_with_the_child)
{
	int accepted;
	struct child child = connected_child(&accepted);
	struct pollfd end = { .events = POLLIN };
	char byte;

	await_number(&child);
	tcp_no_delay(&child);
	child_stop(&child);
	end.fd = accepted;
	cr_expect_eq(poll(&end, 1, 5000), 1);
	cr_expect_eq(read(accepted, &byte, 1), 0);
}

Test(tcp, of_a_child_without_one_is_let_be)
{
	const char *const words[] = { "/bin/sleep", "100", NULL };
	struct child child;

	output_init(&output, NULL, NULL);
	cr_assert(child_start(&child, words, -1, &output));
	tcp_no_delay(&child);
	cr_expect_not(child_has_ended(&child, 0));
	child_stop(&child);
	tcp_no_delay(&child);
}
