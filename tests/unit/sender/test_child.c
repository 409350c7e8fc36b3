/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sender/child.h"
#include "sender/scratch.h"
#include "sender/wall.h"
#include "tests/unit/skip.h"

static struct output output;

static struct child run(const char *script, const struct child_watch *watch, int wall)
{
	const char *const words[] = { "/bin/sh", "-c", script, NULL };
	struct child child;

	output_init(&output, NULL, NULL);
	cr_assert(child_start(&child, words, wall, &output));
	child_wait(&child, watch);
	return child;
}

static const struct child_watch patient = { .cancel_fd = -1 };

Test(child, gives_its_exit_status_and_its_last_line)
{
	const struct child child = run("echo one; echo two >&2; exit 7", &patient, -1);

	cr_expect_eq(child.fate, CHILD_EXITED);
	cr_expect_eq(child.status, 7);
	cr_expect_str_eq(output.last, "two");
}

Test(child, gives_the_signal_that_ended_it)
{
	const struct child child = run("kill -9 $$", &patient, -1);

	cr_expect_eq(child.fate, CHILD_SIGNALLED);
	cr_expect_eq(child.status, SIGKILL);
}

Test(child, that_cannot_be_started_says_why)
{
	const char *const words[] = { "/nonexistent/program", NULL };
	struct child child;

	cr_expect_not(child_start(&child, words, -1, &output));
	cr_expect_eq(child.fate, CHILD_NOT_STARTED);
	cr_expect_eq(child.status, ENOENT);
}

Test(child, is_ended_when_its_time_is_up_though_it_will_not)
{
	const int64_t begun = clock_ms();
	const struct child child = run("trap '' TERM; while :; do sleep 1; done",
		&(struct child_watch){ .cancel_fd = -1, .timeout_ms = 200 }, -1);

	cr_expect_eq(child.fate, CHILD_TIMED_OUT);
	cr_expect_lt(clock_ms() - begun, 6000);
}

Test(child, is_ended_when_cancelled_and_takes_its_group_with_it)
{
	char byte, script[128];
	int stop[2], held[2];

	cr_assert_eq(pipe(stop), 0);
	cr_assert_eq(pipe2(held, O_CLOEXEC), 0);
	cr_assert_eq(write(stop[1], "x", 1), 1);
	snprintf(script, sizeof(script), "sleep 100 & sleep 100");
	cr_expect_eq(run(script, &(struct child_watch){ .cancel_fd = stop[0] }, -1).fate, CHILD_CANCELLED);
	cr_expect_eq(read(stop[0], &byte, 1), 1, "the cancelling byte is the caller's to read");
}

Test(child, that_was_reaped_by_others_is_taken_for_ended)
{
	const char *const words[] = { "/bin/true", NULL };
	struct child child;

	output_init(&output, NULL, NULL);
	cr_assert(child_start(&child, words, -1, &output));
	cr_assert_eq(waitpid(child.pid, NULL, 0), child.pid);
	child_stop(&child);
	cr_expect(child_has_ended(&child, 0));
	cr_expect_eq(child.fate, CHILD_SIGNALLED, "what became of it is not known, so it did not succeed");
}

Test(child, sees_no_more_of_the_environment_than_it_needs)
{
	setenv("LD_PRELOAD_CANARY", "x", 1);
	setenv("RSYNC_RSH", "x", 1);
	setenv("SHELL", "/usr/bin/rssh-nova", 1);
	cr_expect_eq(
		run("test -z \"$LD_PRELOAD_CANARY$RSYNC_RSH\" && test \"$SHELL\" = /bin/sh", &patient, -1).status, 0);
}

Test(child, has_no_descriptor_of_ours)
{
	const int fd = open("/etc/passwd", O_RDONLY);

	cr_assert_geq(fd, 3);
	/* 0, 1, 2 and the one that ls itself has opened. */
	cr_expect_eq(run("exec ls /proc/self/fd", &patient, -1).status, 0);
	cr_expect_eq(output.lines, 4);
	close(fd);
}

Test(wall, lets_a_child_write_in_its_directory_only)
{
	char inside[] = "/tmp/wall-inside-XXXXXX", outside[] = "/tmp/wall-outside-XXXXXX", script[512];
	int wall;

	cr_assert_not_null(mkdtemp(inside));
	cr_assert_not_null(mkdtemp(outside));
	cr_assert(wall_open(&wall, inside));
	if (wall < 0)
		SKIP_HERE("this kernel has no Landlock");
	snprintf(script, sizeof(script), "echo x >%s/file 2>/dev/null && mkdir %s/dir", inside, inside);
	cr_expect_eq(run(script, &patient, wall).status, 0);
	snprintf(script, sizeof(script), "echo x >%s/file", outside);
	cr_expect_neq(run(script, &patient, wall).status, 0);
	snprintf(script, sizeof(script), "mkdir %s/dir", outside);
	cr_expect_neq(run(script, &patient, wall).status, 0);
	snprintf(script, sizeof(script), "ln -s /etc %s/link", inside);
	cr_expect_neq(run(script, &patient, wall).status, 0);
	snprintf(script, sizeof(script), "mkfifo %s/fifo", inside);
	cr_expect_neq(run(script, &patient, wall).status, 0);
	snprintf(script, sizeof(script), "mv %s/file %s/file", inside, outside);
	cr_expect_neq(run(script, &patient, wall).status, 0);
	close(wall);
	snprintf(script, sizeof(script), "rm -r %s && rmdir %s", inside, outside);
	cr_expect_eq(run(script, &patient, -1).status, 0);
}

Test(wall, that_cannot_be_made_is_not_the_same_as_none)
{
	int wall;

	cr_assert(wall_open(&wall, "/tmp"));
	if (wall < 0)
		SKIP_HERE("this kernel has no Landlock");
	close(wall);
	cr_expect_not(wall_open(&wall, "/tmp/no/such/directory"));
	close(wall);
}

Test(scratch, is_private_and_goes_with_all_that_is_in_it)
{
	struct scratch scratch;
	char path[SCRATCH_PATH_MAX], name[SCRATCH_PATH_MAX + 8];
	struct stat st;

	cr_assert(scratch_create(&scratch, "/tmp"));
	snprintf(path, sizeof(path), "%s", scratch.path);
	cr_assert_eq(stat(path, &st), 0);
	cr_expect_eq(st.st_mode & 07777, 0700);
	snprintf(name, sizeof(name), "%s/dir", path);
	cr_assert_eq(mkdir(name, 0755), 0);
	scratch_remove(&scratch);
	cr_expect_eq(stat(path, &st), -1);
	scratch_remove(&scratch);
}

Test(scratch, is_not_made_where_it_cannot_be)
{
	struct scratch scratch;

	cr_expect_not(scratch_create(&scratch, "/nonexistent"));
	cr_expect_eq(errno, ENOENT);
}
