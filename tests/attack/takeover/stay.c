/* SPDX-License-Identifier: Apache-2.0 */
/* Outliving the shell, and spoiling what it looks at. */
#include "stay.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "attempt.h"

enum {
	BOMB = 300,
	HIDDEN = 3000,
	TOO_DEEP = 80,
	VERY_DEEP = 1500,
	MIB = 1024 * 1024,
};

static void wait_for_ever(void)
{
	for (int number = 1; number < 64; number++)
		(void)signal(number, SIG_IGN);
	for (;;)
		(void)poll(NULL, 0, -1);
}

static void say(const char *word)
{
	printf("{\"said\": \"%s\"}\n", word);
	fflush(stdout);
}

static void stay(void)
{
	for (int number = 1; number < 64; number++)
		(void)signal(number, SIG_IGN);
	say("staying");
	wait_for_ever();
}

static const char beats[] = "beats";

/* Appends to a file of the instance for ever, or only waits in a role that has none to write. */
static void beat_for_ever(void)
{
	const long fd = open_way(in_own(beats), O_WRONLY | O_CREAT | O_APPEND, 0644);

	for (int number = 1; number < 64; number++)
		(void)signal(number, SIG_IGN);
	for (;;) {
		if (fd >= 0)
			(void)!write((int)fd, ".", 1);
		(void)poll(NULL, 0, 10);
	}
}

/* Both halves, as rsync has them, where a fork is let through. */
static void beat(void)
{
	const int half = has_role("RVM") ? fork() : 1;

	if (half != 0)
		say("beating");
	beat_for_ever();
}

/* A child in a session of its own and its child after it, without the descriptors that we were given. */
static void leave_behind(void)
{
	if (fork() == 0) {
		(void)TRIED(setsid);
		(void)TRIED(setpgid, 0, 0);
		(void)TRIED(prctl, 1, 0);
		if (fork() == 0)
			(void)TRIED(setsid);
		for (int fd = 0; fd < 3; fd++)
			close(fd);
		wait_for_ever();
	}
	say("left");
}

static void bomb(void)
{
	unsigned made = 0;

	for (int i = 0; i < BOMB; i++) {
		const pid_t pid = fork();

		if (pid == 0)
			wait_for_ever();
		made += pid > 0;
	}
	printf("{\"made\": %u}\n", made);
	fflush(stdout);
}

static void make_file(const char *directory, unsigned number)
{
	char path[600];

	snprintf(path, sizeof(path), "%s/%u", directory, number);
	const int fd = open(path, O_WRONLY | O_CREAT, 0);

	if (fd >= 0)
		close(fd);
}

/* Stays until somebody puts an end to it. */
static void fill(const char *directory, bool made)
{
	printf("{\"fills\": %s}\n", made ? "true" : "false");
	fflush(stdout);
	if (!made)
		return;
	for (unsigned i = 0; i < HIDDEN; i++)
		make_file(directory, i);
	wait_for_ever();
}

/* In a directory that can be written and searched, but not read. */
static void fill_hidden(void)
{
	const bool made = mkdir(in_own("hidden"), 0333) == 0;

	fill(in_own("hidden"), made);
}

static bool go_down(const char *from, unsigned depth)
{
	if (chdir(from) != 0)
		return false;
	for (unsigned i = 0; i < depth; i++)
		if (mkdir("d", 0755) != 0 || chdir("d") != 0)
			return false;
	return true;
}

/* Below more directories than anybody looks into. */
static void fill_deep(void)
{
	fill(".", go_down(aim.own, TOO_DEEP));
}

/* The same, and gone before anybody could look. */
static void leave_deep(void)
{
	(void)go_down(aim.own, VERY_DEEP);
	say("left");
}

/* With something in it that is shut too and not empty, and shut. */
static void leave_shut(void)
{
	const int top = open(aim.own, O_RDONLY | O_DIRECTORY);
	int inner;

	(void)mkdir(in_own("something"), 0700);
	(void)mkdir(in_own("something/else"), 0);
	inner = open(in_own("something"), O_RDONLY | O_DIRECTORY);
	(void)fchmod(inner, 0);
	printf("{\"shut\": %s}\n", fchmod(top, 0) == 0 ? "true" : "false");
	fflush(stdout);
}

/* The supervisor looks at it before it ends. */
static void stay_shut(void)
{
	leave_shut();
	stay();
}

static void fill_bytes(void)
{
	static char block[MIB];
	const int fd = open(in_own("bytes"), O_WRONLY | O_CREAT, 0600);
	long written = 0;

	(void)signal(SIGXFSZ, SIG_IGN);
	for (int i = 0; i < 64 && fd >= 0; i++) {
		const ssize_t len = write(fd, block, sizeof(block));

		if (len <= 0)
			break;
		written += len;
	}
	printf("{\"written\": %ld}\n", written);
	fflush(stdout);
}

/* Many numbers that no call has, so that there is no room left for the one that matters. */
static void hide_in_noise(void)
{
	for (long number = 600; number < 1000; number++)
		(void)syscall(number);
	for (long number = 5000; number < 5400; number++)
		(void)syscall(number);
	for (long number = 0; number < 470; number++)
		if (number != SYS_exit && number != SYS_exit_group && number != SYS_rt_sigreturn &&
			number != SYS_read && number != SYS_close && number != SYS_dup2 && number != SYS_poll &&
			number != SYS_ppoll && number != SYS_select && number != SYS_pselect6 && number != SYS_munmap &&
			number != SYS_brk && number != SYS_clone && number != SYS_close_range &&
			number != SYS_execveat && number != SYS_kill &&
			number != 335) /* uretprobe(2), which no filter sees and which ends whoever makes it */
			(void)syscall(number, -1L, -1L, -1L, -1L, -1L, -1L);
	(void)TRIED(ptrace, 16, aim.victim, 0, 0);
	(void)TRIED(bpf, 0, 0, 0);
	say("hidden");
}

static void end_by_abort(void)
{
	say("aborting");
	abort();
}

#ifdef __x86_64__
static void enter_x32(void)
{
	say("entering");
	(void)syscall(0x40000000L | SYS_getpid);
	say("entered");
}

static void enter_i386(void)
{
	long number = 20; /* getpid there */

	say("entering");
	__asm__ volatile("int $0x80" : "+a"(number) : : "memory");
	say("entered");
}
#endif

bool stay_do(const char *mode)
{
	static const struct {
		const char *mode;
		void (*function)(void);
	} modes[] = {
		{ "stay", stay },
		{ "beat", beat },
		{ "leave-behind", leave_behind },
		{ "bomb", bomb },
		{ "fill-hidden", fill_hidden },
		{ "fill-deep", fill_deep },
		{ "leave-deep", leave_deep },
		{ "leave-shut", leave_shut },
		{ "stay-shut", stay_shut },
		{ "fill-bytes", fill_bytes },
		{ "hide", hide_in_noise },
		{ "abort", end_by_abort },
#ifdef __x86_64__
		{ "x32", enter_x32 },
		{ "i386", enter_i386 },
#endif
	};

	for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++)
		if (strcmp(modes[i].mode, mode) == 0) {
			modes[i].function();
			return true;
		}
	return false;
}
