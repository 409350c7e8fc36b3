/* SPDX-License-Identifier: Apache-2.0 */
/* rounds: runs commands in turn, many times, and says how they ended.
 * Takes:   -n ROUNDS -w COUNTER [-c CPU] [-i INPUT] [-s SECRET] [-r RECEIVED] [-p PACKET] [-t SECONDS]
 *          -- PROGRAM ARG... [-- PROGRAM ARG...]...
 *          One round runs one command. COUNTER is the file in which swap counts. INPUT is each one's standard
 *          input; with PACKET it is kept open until each packet of it has its answer. SECRET is a text that must not
 *          come out, nor lie in the file RECEIVED, which each round deletes. With PACKET a command is done only when
 *          an SFTP packet of that type is in its answer.
 * Gives:   one JSON object on stdout: per command how often it was done, failed or hung (longer than SECONDS,
 *          killed) and its exit statuses; in how many rounds there was a swap; in how many SECRET was seen.
 * Fails:   with 2 when it was called wrongly or a command cannot be started. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

enum {
	COMMANDS_MAX = 8,
	ANSWER_MAX = 1 << 20,
	REQUESTS_MAX = 4096, /* fits into a pipe */
	STATUSES = 256,
};

struct command {
	char **argv;
	uint64_t done, failed, hung, killed;
	uint64_t statuses[STATUSES];
};

struct rounds {
	struct command commands[COMMANDS_MAX];
	unsigned count;
	uint64_t rounds, swapped, seen;
	const volatile uint64_t *swaps;
	const char *input, *secret, *received;
	char requests[REQUESTS_MAX]; /* what is in input, where packets are asked for */
	size_t requests_len;
	int packet; /* -1 for none */
	int patience_ms;
	char answer[ANSWER_MAX]; /* what the last command wrote, as far as it fits */
	size_t len;
};

static int64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * INT64_C(1000) + now.tv_nsec / 1000000;
}

/* A session of its own, that all of it can be ended; both outputs in one pipe. */
static pid_t start(const struct rounds *rounds, const struct command *command, int input, int output)
{
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attributes;
	sigset_t pipes;
	pid_t pid;
	int err;

	sigemptyset(&pipes);
	sigaddset(&pipes, SIGPIPE);
	posix_spawnattr_init(&attributes);
	posix_spawnattr_setsigdefault(&attributes, &pipes);
	posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGDEF);
	posix_spawn_file_actions_init(&files);
	if (input >= 0)
		posix_spawn_file_actions_adddup2(&files, input, 0);
	else
		posix_spawn_file_actions_addopen(&files, 0, rounds->input, O_RDONLY, 0);
	posix_spawn_file_actions_adddup2(&files, output, 1);
	posix_spawn_file_actions_adddup2(&files, output, 2);
	err = posix_spawn(&pid, command->argv[0], &files, &attributes, command->argv, environ);
	posix_spawn_file_actions_destroy(&files);
	posix_spawnattr_destroy(&attributes);
	return err == 0 ? pid : -1;
}

/* Packets in data: all of them, or up to the first of one type. Each is a length of 4 bytes, a type, and the
 * rest. */
static unsigned packets(const char *data, size_t data_len, int type, bool *found)
{
	const unsigned char *const at = (const unsigned char *)data;
	unsigned count = 0;

	*found = false;
	for (size_t i = 0; i + 5 <= data_len && !*found; count++) {
		*found = at[i + 4] == type;
		i += 4 + ((size_t)at[i] << 24 | (size_t)at[i + 1] << 16 | (size_t)at[i + 2] << 8 | at[i + 3]);
	}
	return count;
}

static bool has_packet(const struct rounds *rounds)
{
	bool found;

	(void)packets(rounds->answer, rounds->len, rounds->packet, &found);
	return found;
}

/* Has each request been answered? */
static bool is_answered(const struct rounds *rounds)
{
	bool found;

	return packets(rounds->answer, rounds->len, -1, &found) >=
		packets(rounds->requests, rounds->requests_len, -1, &found);
}

/* True when everything was read, false when it took too long. *requests is closed when it has been answered. */
static bool hear(struct rounds *rounds, int fd, int *requests)
{
	const int64_t until = now_ms() + rounds->patience_ms;
	struct pollfd source = { .fd = fd, .events = POLLIN };
	char rest[65536];

	rounds->len = 0;
	for (;;) {
		const int64_t left = until - now_ms();
		const bool fits = rounds->len < sizeof(rounds->answer);
		ssize_t got;

		if (left <= 0 || poll(&source, 1, (int)left) == 0)
			return false;
		got = read(fd, fits ? rounds->answer + rounds->len : rest,
			fits ? sizeof(rounds->answer) - rounds->len : sizeof(rest));
		if (got == 0 || (got < 0 && errno != EINTR && errno != EAGAIN))
			return true;
		if (got > 0 && fits)
			rounds->len += (size_t)got;
		if (*requests >= 0 && is_answered(rounds)) {
			close(*requests);
			*requests = -1;
		}
	}
}

static bool holds(const char *text, size_t len, const char *secret)
{
	return memmem(text, len, secret, strlen(secret)) != NULL;
}

/* Looks for the secret in what came, on whichever way. */
static bool has_leaked(const struct rounds *rounds)
{
	static char text[ANSWER_MAX];
	ssize_t len = 0;
	int fd;

	if (rounds->secret == NULL)
		return false;
	if (rounds->received != NULL) {
		fd = open(rounds->received, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
		len = fd < 0 ? 0 : read(fd, text, sizeof(text));
		if (fd >= 0)
			close(fd);
		(void)unlink(rounds->received);
	}
	return holds(rounds->answer, rounds->len, rounds->secret) ||
		(len > 0 && holds(text, (size_t)len, rounds->secret));
}

static void judge(const struct rounds *rounds, struct command *command, int status, bool heard)
{
	if (!heard)
		command->hung++;
	else if (WIFSIGNALED(status))
		command->killed++;
	else if (WEXITSTATUS(status) == 0 && (rounds->packet < 0 || has_packet(rounds)))
		command->done++;
	else
		command->failed++;
	if (heard && WIFEXITED(status))
		command->statuses[WEXITSTATUS(status)]++;
}

static int run(struct rounds *rounds, struct command *command)
{
	const uint64_t before = *rounds->swaps;
	int ends[2], input[2] = { -1, -1 }, status = 0;
	bool heard;
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC) != 0 || (rounds->packet >= 0 && pipe2(input, O_CLOEXEC) != 0))
		return -1;
	pid = start(rounds, command, input[0], ends[1]);
	close(ends[1]);
	if (pid < 0)
		return -1;
	if (input[0] >= 0) {
		close(input[0]);
		(void)!write(input[1], rounds->requests, rounds->requests_len);
	}
	heard = hear(rounds, ends[0], &input[1]);
	if (!heard)
		(void)kill(-pid, SIGKILL);
	close(ends[0]);
	if (input[1] >= 0)
		close(input[1]);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	judge(rounds, command, status, heard);
	rounds->swapped += *rounds->swaps != before;
	rounds->seen += has_leaked(rounds);
	return 0;
}

static void print_statuses(const struct command *command)
{
	const char *between = "";

	for (unsigned i = 0; i < STATUSES; i++) {
		if (command->statuses[i] == 0)
			continue;
		printf("%s\"%u\": %" PRIu64, between, i, command->statuses[i]);
		between = ", ";
	}
}

static void print(const struct rounds *rounds)
{
	printf("{\"rounds\": %" PRIu64 ", \"swapped\": %" PRIu64 ", \"seen\": %" PRIu64 ", \"commands\": [",
		rounds->rounds, rounds->swapped, rounds->seen);
	for (unsigned i = 0; i < rounds->count; i++) {
		const struct command *const command = &rounds->commands[i];

		printf("%s{\"done\": %" PRIu64 ", \"failed\": %" PRIu64 ", \"hung\": %" PRIu64 ", \"killed\": %" PRIu64
		       ", \"statuses\": {",
			i == 0 ? "" : ", ", command->done, command->failed, command->hung, command->killed);
		print_statuses(command);
		printf("}}");
	}
	printf("]}\n");
}

static const volatile uint64_t *counter_open(const char *path)
{
	const int fd = open(path, O_RDONLY | O_CLOEXEC);
	void *const at = fd < 0 ? MAP_FAILED : mmap(NULL, sizeof(uint64_t), PROT_READ, MAP_SHARED, fd, 0);

	return at == MAP_FAILED ? NULL : at;
}

static void requests_read(struct rounds *out)
{
	const int fd = open(out->input, O_RDONLY | O_CLOEXEC);
	const ssize_t len = fd < 0 ? -1 : read(fd, out->requests, sizeof(out->requests));

	out->requests_len = len > 0 ? (size_t)len : 0;
	if (fd >= 0)
		close(fd);
}

static void stay_on(int cpu)
{
	cpu_set_t one;

	CPU_ZERO(&one);
	CPU_SET((size_t)cpu, &one);
	(void)sched_setaffinity(0, sizeof(one), &one);
}

static void options_read(struct rounds *out, int argc, char *argv[])
{
	int option;

	while ((option = getopt(argc, argv, "+n:w:c:i:s:r:p:t:")) >= 0) {
		switch (option) {
		case 'n':
			out->rounds = strtoul(optarg, NULL, 10);
			break;
		case 'w':
			out->swaps = counter_open(optarg);
			break;
		case 'c':
			stay_on((int)strtol(optarg, NULL, 10));
			break;
		case 'i':
			out->input = optarg;
			break;
		case 's':
			out->secret = optarg;
			break;
		case 'r':
			out->received = optarg;
			break;
		case 'p':
			out->packet = (int)strtol(optarg, NULL, 10);
			break;
		case 't':
			out->patience_ms = (int)strtol(optarg, NULL, 10) * 1000;
			break;
		default:
			exit(2);
		}
	}
}

/* The words behind the options, cut at each "--". */
static void commands_read(struct rounds *out, char *argv[])
{
	bool fresh = true;

	for (; *argv != NULL; argv++) {
		if (strcmp(*argv, "--") == 0) {
			*argv = NULL;
			fresh = true;
		} else if (fresh && out->count < COMMANDS_MAX) {
			out->commands[out->count++].argv = argv;
			fresh = false;
		}
	}
}

int main(int argc, char *argv[])
{
	static struct rounds rounds = { .input = "/dev/null", .packet = -1, .patience_ms = 20000 };

	options_read(&rounds, argc, argv);
	commands_read(&rounds, argv + optind);
	requests_read(&rounds);
	signal(SIGPIPE, SIG_IGN);
	if (rounds.rounds == 0 || rounds.swaps == NULL || rounds.count == 0)
		return 2;
	for (uint64_t i = 0; i < rounds.rounds; i++)
		if (run(&rounds, &rounds.commands[i % rounds.count]) != 0)
			return 2;
	print(&rounds);
	return 0;
}
