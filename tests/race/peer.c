/* SPDX-License-Identifier: Apache-2.0 */
#include "peer.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/wait.h>

pid_t peer_start(const char *shell, const char *line, unsigned peer)
{
	char address[128];
	char *const environment[] = { address, NULL };
	char *const argv[] = { (char *)(uintptr_t) "rssh-nova", (char *)(uintptr_t) "-c", (char *)(uintptr_t)line,
		NULL };
	posix_spawn_file_actions_t files;
	pid_t pid;
	int err;

	snprintf(address, sizeof(address), "SSH_CONNECTION=192.0.2.%u 50000 192.0.2.200 22", peer);
	posix_spawn_file_actions_init(&files);
	for (int fd = 0; fd < 3; fd++)
		posix_spawn_file_actions_addopen(&files, fd, "/dev/null", O_RDWR, 0);
	err = posix_spawn(&pid, shell, &files, NULL, argv, environment);
	posix_spawn_file_actions_destroy(&files);
	return err == 0 ? pid : -1;
}

int peer_wait(pid_t pid)
{
	int status = 0;

	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}
