/* alternate: times two commands against each other, one run of each in turn, so that whatever else the
 * machine does meets both alike.
 * Takes:   PAIRS FIRST... -- SECOND..., absolute program paths.
 * Gives:   one line per pair on stdout, the nanoseconds of each from before the spawn to after the wait.
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

static int64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

/* -1 when the command cannot be started or does not end well. */
static int64_t run_ns(char *argv[])
{
	const int64_t start = now_ns();
	int status;
	pid_t pid;

	if (posix_spawn(&pid, argv[0], NULL, NULL, argv, environ) != 0)
		return -1;
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -1;
	return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? now_ns() - start : -1;
}

int main(int argc, char *argv[])
{
	const long pairs = argc > 1 ? strtol(argv[1], NULL, 10) : 0;
	char **commands[2] = { argv + 2, NULL };
	int64_t ns[2];

	for (int i = 2; i < argc; i++) {
		if (strcmp(argv[i], "--") != 0)
			continue;
		argv[i] = NULL;
		commands[1] = argv + i + 1;
		break;
	}
	if (pairs < 1 || commands[1] == NULL || commands[0][0] == NULL || commands[1][0] == NULL) {
		fprintf(stderr, "usage: alternate PAIRS FIRST... -- SECOND...\n");
		return 2;
	}
	for (long pair = 0; pair < pairs; pair++) {
		/* Who goes first changes too. */
		for (int turn = 0; turn < 2; turn++) {
			const int which = (int)((pair + turn) % 2);

			ns[which] = run_ns(commands[which]);
			if (ns[which] < 0) {
				fprintf(stderr, "alternate: %s failed\n", commands[which][0]);
				return 1;
			}
		}
		printf("%" PRId64 " %" PRId64 "\n", ns[0], ns[1]);
	}
	return 0;
}
