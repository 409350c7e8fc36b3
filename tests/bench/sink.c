/* SPDX-License-Identifier: Apache-2.0 */
/* sink: a syslog daemon that forgets everything, so that what is measured is the sender's cost alone.
 * Takes:   the path of a datagram socket to make. Runs until it is killed. */
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

int main(int argc, char *argv[])
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	const int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	char record[8192];

	if (argc != 2 || fd < 0 || strlen(argv[1]) >= sizeof(address.sun_path)) {
		fprintf(stderr, "usage: sink SOCKET\n");
		return 2;
	}
	strcpy(address.sun_path, argv[1]);
	if (bind(fd, (const struct sockaddr *)&address, sizeof(address)) != 0 || chmod(argv[1], 0666) != 0) {
		perror(argv[1]);
		return 1;
	}
	while (recv(fd, record, sizeof(record), 0) >= 0)
		;
	return 1;
}
