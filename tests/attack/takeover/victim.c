/* SPDX-License-Identifier: Apache-2.0 */
/* victim: a process of the same user with everything that could be got at: a secret in memory, a pipe,
 * sockets that listen. Says where they are in one JSON line, then waits. */
#include <arpa/inet.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "victim.h"

static const char secret[16] = "victim's secret";
static volatile char memory[16];

static int listening(int family, const void *address, socklen_t len)
{
	const int fd = socket(family, SOCK_STREAM, 0);

	return bind(fd, address, len) == 0 && listen(fd, 64) == 0 ? fd : -1;
}

int victim_run(const char *directory)
{
	struct sockaddr_un abstract = { .sun_family = AF_UNIX }, pathname = { .sun_family = AF_UNIX };
	struct sockaddr_in inet = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(inet);
	int ends[2], fd;

	for (size_t i = 0; i < sizeof(secret); i++)
		memory[i] = secret[i];
	for (int number = 1; number < 64; number++)
		(void)signal(number, SIG_IGN);
	(void)prctl(PR_SET_PTRACER, -1);
	snprintf(abstract.sun_path + 1, 64, "rssh-nova-victim-%d", getpid());
	snprintf(pathname.sun_path, sizeof(pathname.sun_path), "%.90s/socket", directory);
	fd = listening(AF_INET, &inet, len);
	if (fd < 0 || getsockname(fd, (struct sockaddr *)&inet, &len) != 0 || pipe(ends) != 0 ||
		listening(AF_UNIX, &abstract,
			(socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + strlen(abstract.sun_path + 1))) < 0 ||
		listening(AF_UNIX, &pathname, sizeof(pathname)) < 0 || chdir(directory) != 0)
		return 1;
	printf("{\"victim\": %d, \"port\": %d, \"abstract\": \"%s\", \"socket\": \"%s\", \"secret\": %lu, \"victim_fd\": %d}\n",
		getpid(), ntohs(inet.sin_port), abstract.sun_path + 1, pathname.sun_path, (unsigned long)memory,
		ends[0]);
	fflush(stdout);
	for (;;)
		(void)poll(NULL, 0, -1);
}
