/* SPDX-License-Identifier: Apache-2.0 */
/* Running another program, getting back to the descriptor of the one exec, and making code. */
#include <errno.h>
#include <fcntl.h>
#include <linux/memfd.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/shm.h>
#include <sys/wait.h>

#include "attempt.h"

static const char *const loader = LOADER;
static const char *const program = "/bin/true";

enum {
	EXEC_FD = 512, /* wall/filter.h */
	CHANNEL_FD = 513,
};

static char *environment[] = { NULL };

static void words_of(char *out[4], const char *a, const char *b, const char *c)
{
	const char *const in_order[] = { a, b, c, NULL };

	memcpy((void *)out, in_order, sizeof(in_order));
}

/* A child where we may have one, so that an exec that works does not end us. What it would do is end with 0;
 * 9 says that nothing was run. */
static bool runs(const char *path, const char *a, const char *b, const char *c, int dir, long flags)
{
	char *argv[4];
	int status = 0;
	long pid = 0;

	words_of(argv, a, b, c);
	if (flags < 0)
		denied_note("execve");
	else
		denied_note("execveat");
	if (is_free() || has_role("RVM"))
		pid = fork();
	if (pid == 0) {
		if (is_free()) /* what it prints is none of our lines */
			(void)dup2(2, 1);
		if (flags < 0)
			(void)TRIED(execve, path, argv, environment);
		else
			(void)TRIED(execveat, dir, path, argv, environment, flags);
		if (is_free() || has_role("RVM"))
			_exit(errno == 0 ? 9 : errno & 127);
		return false;
	}
	if (pid < 0 || wait4((int)pid, &status, 0, NULL) != pid)
		return false;
	errno = WIFEXITED(status) ? WEXITSTATUS(status) : 0;
	return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

/* For an absolute path the kernel ignores the descriptor, so that no number tells our own exec from a second one:
 * the loader runs any file that it may read. */
static void second_programs(void)
{
	static const char *const pushed = "/bin/true";

	report(ESCAPES, runs(program, program, NULL, NULL, EXEC_FD, AT_EMPTY_PATH), "execveat-512-program");
	report(ESCAPES, runs(loader, loader, pushed, NULL, EXEC_FD, AT_EMPTY_PATH), "execveat-512-loader");
	report(ESCAPES, runs(loader, loader, "--list", pushed, EXEC_FD, AT_EMPTY_PATH), "execveat-512-loader-list");
}

/* True if a call ended otherwise than with EPERM. A program that runs ends us, and then no tally comes. */
static bool execs_by(int fd, const char *const *paths, size_t count)
{
	static const long flags[] = { 0, AT_EMPTY_PATH, AT_SYMLINK_NOFOLLOW, AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW, ~0l };
	bool other = false;
	char *argv[4];

	words_of(argv, loader, program, NULL);
	for (size_t p = 0; p < count; p++)
		for (size_t f = 0; f < sizeof(flags) / sizeof(flags[0]); f++)
			other |= DENIED(execveat, fd, paths[p], argv, environment, flags[f]) != -1 || errno != EPERM;
	return other;
}

/* The loader first, which would run any file; then other ways to spell a program. */
static void every_descriptor(void)
{
	const char *const paths[] = { loader, "", program, "true", ".", "/proc/self/exe" };
	bool other = false;

	for (int fd = -100; fd <= 2100 && !is_free(); fd++) {
		const bool special = fd == AT_FDCWD || fd == -1 || (fd > EXEC_FD - 8 && fd < CHANNEL_FD + 8);

		if (special || fd % aim.stride == 0)
			other |= execs_by(fd, paths, fd < 0 || special ? 6 : 1);
	}
	report(REFUSED, other, "execveat-every-descriptor");
}

static void programs(void)
{
	static const char *const others[] = { "/bin/true", "/usr/bin/id", "/bin/sh", "/usr/bin/rsync",
		"/usr/bin/python3" };
	long fd;

	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		report(ESCAPES, runs(others[i], others[i], i == 2 ? "-c" : "--version", i == 2 ? ":" : NULL, 0, -1),
			"execve-%s", others[i]);
	report(ESCAPES, runs(program, program, NULL, NULL, AT_FDCWD, 0), "execveat");
	report(ESCAPES, runs(loader, loader, program, NULL, 0, -1), "execve-loader");
	report(ESCAPES, runs(loader, loader, program, NULL, AT_FDCWD, 0), "execveat-loader");
	report(ESCAPES, runs("/proc/self/exe", "takeover", "nothing", NULL, 0, -1), "execve-own-program");
	fd = TRIED(openat, AT_FDCWD, program, O_PATH | O_CLOEXEC, 0);
	report(ESCAPES, runs("", program, NULL, NULL, (int)fd, AT_EMPTY_PATH), "execveat-descriptor");
	if (fd >= 0)
		close((int)fd);
	for (int number = EXEC_FD; number <= CHANNEL_FD; number++)
		report(REFUSED, runs("", program, NULL, NULL, number, AT_EMPTY_PATH), "execveat-%d-again", number);
	report(REFUSED, runs("", program, NULL, NULL, 0, AT_EMPTY_PATH), "execveat-0");
	report(ESCAPES, runs(program, program, NULL, NULL, EXEC_FD, 0), "execveat-512-absolute");
	report(REFUSED, DENIED(uselib, LIBRARIES "/libc.so.6") == 0, "uselib");
}

static const char script[] = "#!/bin/true\n";

/* What was brought here, as code in our own memory: only the second wall has a word for it, noexec. */
static bool maps_as_code(const char *path)
{
	const long fd = TRIED(openat, AT_FDCWD, path, O_RDONLY, 0);
	long at;

	if (fd < 0)
		return false;
	at = TRIED(mmap, NULL, sizeof(script), PROT_READ | PROT_EXEC, MAP_PRIVATE, (int)fd, 0);
	close((int)fd);
	return at > 0;
}

static void brought_programs(void)
{
	const long fd = open_way(in_own("script"), O_WRONLY | O_CREAT, 0755);

	if (fd >= 0) {
		(void)!write((int)fd, script, sizeof(script) - 1);
		close((int)fd);
	}
	report(INSIDE, maps_as_code(in_own("script")), "look-own-as-code");
	report(ESCAPES, runs(in_own("script"), "script", NULL, NULL, 0, -1), "execve-own-script");
	report(REFUSED, runs(loader, loader, in_own("script"), NULL, 0, -1), "execve-loader-own");
	report(ESCAPES, runs(in_own("script"), "script", NULL, NULL, EXEC_FD, AT_EMPTY_PATH),
		"execveat-512-own-script");
	report(REFUSED, runs(loader, loader, in_own("script"), NULL, EXEC_FD, AT_EMPTY_PATH),
		"execveat-512-loader-own");
	(void)libc_unlink(in_own("script"));
}

static void without_file(void)
{
	const int fd = (int)DENIED(memfd_create, "x", 0);

	if (fd >= 0)
		(void)!write(fd, script, sizeof(script) - 1);
	report(ESCAPES, fd >= 0, "memfd_create");
	report(ESCAPES, runs("", "x", NULL, NULL, fd, AT_EMPTY_PATH), "execveat-memfd");
	report(REFUSED, DENIED(memfd_secret, 0) >= 0, "memfd_secret");
	if (fd >= 0)
		close(fd);
}

/* No descriptor may ever get the numbers of the exec and of the channel. */
static void numbers(void)
{
	struct rlimit limit;

	for (int number = EXEC_FD; number <= CHANNEL_FD; number++) {
		report(ESCAPES, TRIED(dup2, 0, number) == number, "dup2-%d", number);
		report(ESCAPES, TRIED(dup3, 0, number, O_CLOEXEC) == number, "dup3-%d", number);
		report(ESCAPES, TRIED(fcntl, 0, F_DUPFD, number) >= number, "F_DUPFD-%d", number);
		report(ESCAPES, TRIED(fcntl, 0, F_DUPFD_CLOEXEC, number) >= number, "F_DUPFD_CLOEXEC-%d", number);
		close(number);
	}
	(void)getrlimit(RLIMIT_NOFILE, &limit);
	report(ESCAPES, limit.rlim_cur > EXEC_FD || limit.rlim_max > EXEC_FD, "limit-of-descriptors");
	limit.rlim_cur = limit.rlim_max = EXEC_FD + 8;
	report(is_free() ? ESCAPES : REFUSED, TRIED(prlimit64, 0, RLIMIT_NOFILE, &limit, NULL) == 0,
		"prlimit64-NOFILE");
	report(ESCAPES, DENIED(setrlimit, RLIMIT_NOFILE, &limit) == 0, "setrlimit-NOFILE");
	report(ESCAPES, TRIED(dup2, 0, EXEC_FD) == EXEC_FD, "dup2-after-limit");
	report(REFUSED, runs("", program, NULL, NULL, EXEC_FD, AT_EMPTY_PATH), "execveat-512-after-dup2");
}

static void code(void)
{
	const long page = 4096;
	void *const anonymous =
		(void *)TRIED(mmap, NULL, page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	report(ESCAPES,
		DENIED(mmap, NULL, page, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) > 0,
		"mmap-write-exec");
	report(ESCAPES,
		DENIED(mmap, NULL, page, (1ul << 40) | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) > 0,
		"mmap-write-exec-high-bits");
	report(ESCAPES, DENIED(mprotect, anonymous, page, PROT_READ | PROT_EXEC) == 0, "mprotect-exec");
	report(ESCAPES, DENIED(pkey_mprotect, anonymous, page, PROT_READ | PROT_EXEC, -1) == 0, "pkey_mprotect-exec");
	report(ESCAPES, DENIED(personality, 0x0400000) >= 0, "personality-read-implies-exec");
	report(REFUSED, DENIED(remap_file_pages, anonymous, page, 0, 0, 0) == 0, "remap_file_pages");
	report(ESCAPES, DENIED(shmget, IPC_PRIVATE, page, IPC_CREAT | 0700) >= 0, "shmget");
	report(REFUSED, DENIED(shmat, 0, NULL, SHM_EXEC) > 0, "shmat-exec");
	(void)munmap(anonymous, (size_t)page);
}

void attempts_exec(void)
{
	programs();
	second_programs();
	every_descriptor();
	brought_programs();
	without_file();
	numbers();
	code();
}
