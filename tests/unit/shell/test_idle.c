/* SPDX-License-Identifier: Apache-2.0 */
/* idle: what waits is told from what works by the processor time of a real child, at times of our own. */
#include <criterion/criterion.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "shell/idle.h"

enum {
	TIMEOUT_S = 10,
	TIMEOUT_MS = TIMEOUT_S * 1000,
	WAITING_US = 20,    /* as rsync when it wakes: within what a waiting child may use */
	WORKING_US = 30000, /* far over it */
};

static int64_t used_us(void)
{
	struct timespec used;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
	return (int64_t)used.tv_sec * 1000000 + used.tv_nsec / 1000;
}

static void burn(int64_t us)
{
	for (const int64_t begun = used_us(); used_us() - begun < us;)
		;
}

/* A child that burns so much for each byte that it is sent, and says when it is done. */
struct worker {
	pid_t pid;
	int orders, answers;
};

static _Noreturn void work(int orders, int answers, int64_t us)
{
	char byte;

	while (read(orders, &byte, 1) == 1) {
		burn(us);
		if (write(answers, &byte, 1) != 1)
			break;
	}
	_exit(0);
}

static struct worker worker_begin(int64_t us)
{
	struct worker worker;
	int orders[2], answers[2];

	cr_assert_eq(pipe(orders), 0);
	cr_assert_eq(pipe(answers), 0);
	worker = (struct worker){ fork(), orders[1], answers[0] };
	cr_assert_geq(worker.pid, 0);
	if (worker.pid == 0) {
		close(orders[1]);
		work(orders[0], answers[1], us);
	}
	close(orders[0]);
	close(answers[1]);
	return worker;
}

static void worker_turn(const struct worker *worker)
{
	char byte = 0;

	cr_assert_eq(write(worker->orders, &byte, 1), 1);
	cr_assert_eq(read(worker->answers, &byte, 1), 1);
}

static void worker_end(const struct worker *worker)
{
	close(worker->orders);
	close(worker->answers);
	cr_expect_eq(waitpid(worker->pid, NULL, 0), worker->pid);
}

/* Is it over one timeout after it began, with a turn of so many microseconds at half time? */
static bool is_over_after(int64_t us)
{
	const struct worker worker = worker_begin(us);
	struct fault fault;
	struct idle idle;
	int64_t begun;
	bool over;

	worker_turn(&worker); /* its first turn takes what a start takes */
	cr_assert_eq(idle_begin(&idle, worker.pid, TIMEOUT_S, &fault), 0);
	begun = idle.since_ms;
	worker_turn(&worker);
	cr_expect_not(idle_is_over(&idle, begun + TIMEOUT_MS / 2));
	over = idle_is_over(&idle, begun + TIMEOUT_MS);
	close(idle.children);
	worker_end(&worker);
	return over;
}

Test(idle, a_child_that_does_nothing_is)
{
	cr_expect(is_over_after(0));
}

Test(idle, a_child_that_wakes_and_waits_on_is)
{
	cr_expect(is_over_after(WAITING_US));
}

Test(idle, a_child_that_works_is_not)
{
	cr_expect_not(is_over_after(WORKING_US));
}

Test(idle, is_not_looked_at_before_the_time)
{
	const struct worker worker = worker_begin(0);
	struct fault fault;
	struct idle idle;

	cr_assert_eq(idle_begin(&idle, worker.pid, TIMEOUT_S, &fault), 0);
	cr_expect_gt(idle.look_at_ms, idle.since_ms);
	cr_expect_leq(idle.look_at_ms, idle.since_ms + TIMEOUT_MS / 8);
	cr_expect_not(idle_is_over(&idle, idle.look_at_ms - 1));
	close(idle.children);
	worker_end(&worker);
}
