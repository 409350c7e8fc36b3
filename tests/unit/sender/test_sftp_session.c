/* SPDX-License-Identifier: Apache-2.0 */
/* The end of a session whose requests are all answered: only an exit status of the program is the far end's word. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <unistd.h>

#include "sender/sftp_session.h"

enum {
	LONG_MS = 60000,
	SHORT_MS = 300,
};

static struct sftp_session session;
static unsigned ticks;

static void on_tick(void *user)
{
	(void)user;
	ticks++;
}

/* A session with this program, after its greeting. */
static void begin(const char *script)
{
	const char *const words[] = { "/bin/sh", "-c", script, NULL };

	session = (struct sftp_session){ .stream = -1, .watch = { .cancel_fd = -1, .on_tick = on_tick } };
	output_init(&session.output, NULL, NULL);
	cr_assert(child_start_stream(&session.child, words, NULL, &session.output, &session.stream));
}

static void expect_end(enum sftp_broken broken, int status)
{
	cr_expect_eq(session.broken, broken, "%d", session.broken);
	cr_expect_eq(sftp_session_end(&session), status);
	cr_expect_neq(session.child.fate, CHILD_RUNNING);
	cr_expect_eq(session.stream, -1);
}

Test(sftp_session, ends_with_the_status_of_its_program)
{
	static const int statuses[] = { 0, 1, 77, 254 };
	char script[64];

	for (size_t i = 0; i < N_ELEMENTS(statuses); i++) {
		int status = -1;

		(void)snprintf(script, sizeof(script), "cat >/dev/null; exit %d", statuses[i]);
		begin(script);
		cr_expect(sftp_session_finish(&session, LONG_MS, &status));
		cr_expect_eq(status, statuses[i]);
		expect_end(SFTP_WHOLE, statuses[i]);
	}
}

Test(sftp_session, waits_for_a_program_that_takes_long)
{
	int status = -1;

	begin("cat >/dev/null; sleep 3; exit 77");
	cr_expect(sftp_session_finish(&session, LONG_MS, &status));
	cr_expect_eq(status, 77);
	cr_expect_gt(ticks, 0);
	expect_end(SFTP_WHOLE, 77);
}

Test(sftp_session, that_ssh_lost_has_no_status)
{
	int status = -1;

	begin("cat >/dev/null; exit 255");
	cr_expect_not(sftp_session_finish(&session, LONG_MS, &status));
	cr_expect_eq(status, -1);
	expect_end(SFTP_LOST, 0);
}

Test(sftp_session, whose_program_is_killed_has_no_status)
{
	int status = -1;

	begin("cat >/dev/null; kill -9 $$");
	cr_expect_not(sftp_session_finish(&session, LONG_MS, &status));
	cr_expect_eq(status, -1);
	expect_end(SFTP_LOST, 0);
}

Test(sftp_session, that_does_not_end_has_no_status)
{
	int status = -1;

	begin("cat >/dev/null; exec sleep 1000");
	cr_expect_not(sftp_session_finish(&session, SHORT_MS, &status));
	cr_expect_eq(status, -1);
	expect_end(SFTP_UNHEARD, 0);
}

Test(sftp_session, ends_at_the_time_of_its_copy)
{
	static const int64_t ends[] = { SHORT_MS, -SHORT_MS };

	for (size_t i = 0; i < N_ELEMENTS(ends); i++) {
		int status = -1;

		begin("cat >/dev/null; exec sleep 1000");
		session.watch.end_ms = clock_ms() + ends[i];
		cr_expect_not(sftp_session_finish(&session, LONG_MS, &status));
		expect_end(SFTP_TIMED_OUT, 0);
	}
}

Test(sftp_session, ends_when_it_is_cancelled)
{
	int status = -1, pipes[2];

	cr_assert_eq(pipe(pipes), 0);
	begin("cat >/dev/null; exec sleep 1000");
	session.watch.cancel_fd = pipes[0];
	cr_assert_eq(write(pipes[1], "x", 1), 1);
	cr_expect_not(sftp_session_finish(&session, LONG_MS, &status));
	expect_end(SFTP_STOPPED, 0);
}

Test(sftp_session, that_is_broken_already_is_not_waited_for)
{
	int status = -1;

	begin("exec sleep 1000");
	session.broken = SFTP_LIED;
	cr_expect_not(sftp_session_finish(&session, LONG_MS, &status));
	cr_expect_eq(status, -1);
	expect_end(SFTP_LIED, 0);
}
