/* SPDX-License-Identifier: Apache-2.0 */
/* alternate: times commands against each other, one run of each in turn, so that whatever else the machine does
 * meets all alike.
 * Takes:   ROUNDS PREPARE... -- FIRST... -- SECOND... and so on, absolute program paths. PREPARE may be empty; it
 *          runs before each command, and is not timed.
 * Gives:   one line per round on stdout, the nanoseconds of each from before the spawn to after the wait.
 * Fails:   with 1 as soon as a command does not exit with 0. */
#include <errno.h>
#include <inttypes.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>

extern char **environ;

enum {
	COMMANDS_MAX = 16,
};

static int64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

/* Ends everything when the command cannot be started or does not end well. */
static int64_t run_ns(char *argv[])
{
	const int64_t start = now_ns();
	int status = 1;
	pid_t pid;

	if (posix_spawn(&pid, argv[0], NULL, NULL, argv, environ) == 0)
		while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
			;
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
		fprintf(stderr, "alternate: %s failed\n", argv[0]);
		exit(1);
	}
	return now_ns() - start;
}

/* Cuts the words at each "--". Gives the number of parts. */
static int parts_cut(char **parts[COMMANDS_MAX + 1], int argc, char *argv[])
{
	int count = 1;

	parts[0] = argv + 2;
	for (int i = 2; i < argc; i++) {
		if (strcmp(argv[i], "--") != 0)
			continue;
		if (count > COMMANDS_MAX)
			return 0;
		argv[i] = NULL;
		parts[count++] = argv + i + 1;
	}
	return count;
}

int main(int argc, char *argv[])
{
	const long rounds = argc > 1 ? strtol(argv[1], NULL, 10) : 0;
	char **parts[COMMANDS_MAX + 1];
	const int commands = rounds < 1 ? 0 : parts_cut(parts, argc, argv) - 1;
	int64_t ns[COMMANDS_MAX] = { 0 };

	if (commands < 1) {
		fprintf(stderr, "usage: alternate ROUNDS PREPARE... -- FIRST... [-- NEXT...]...\n");
		return 2;
	}
	for (long round = 0; round < rounds; round++) {
		/* Who goes first changes too. */
		for (int turn = 0; turn < commands; turn++) {
			const int which = (int)((round + turn) % commands);

			if (parts[0][0] != NULL)
				(void)run_ns(parts[0]);
			ns[which] = run_ns(parts[which + 1]);
		}
		for (int i = 0; i < commands; i++)
			printf("%s%" PRId64, i == 0 ? "" : " ", ns[i]);
		printf("\n");
	}
	return 0;
}
