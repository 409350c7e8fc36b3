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
	TRIES = 10,
	SLOW_LOOK_NS = 200 * IDLE_LOOK_NS, /* slower than any emulated machine */
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

/* What a look costs on this machine. */
static int64_t look_here(void)
{
	const struct worker worker = worker_begin(0);
	struct fault fault;
	struct idle idle;

	cr_assert_eq(idle_begin(&idle, worker.pid, TIMEOUT_S, &fault), 0);
	close(idle.children);
	worker_end(&worker);
	return idle.look_ns;
}

/* Is it over one timeout after it began, with a turn at half time that takes so many percent of what a waiting child
 * may use where a look costs look_ns? */
static bool is_over_after(int64_t percent, int64_t look_ns)
{
	const struct idle here = { .timeout_ms = TIMEOUT_MS, .look_ns = look_ns };
	const struct worker worker = worker_begin(idle_allowance(&here) * percent / 100 / 1000);
	struct fault fault;
	struct idle idle;
	int64_t begun;
	bool over;

	worker_turn(&worker); /* its first turn takes what a start takes */
	cr_assert_eq(idle_begin(&idle, worker.pid, TIMEOUT_S, &fault), 0);
	idle.look_ns = look_ns;
	begun = idle.since_ms;
	worker_turn(&worker);
	cr_expect_not(idle_is_over(&idle, begun + TIMEOUT_MS / 2));
	over = idle_is_over(&idle, begun + TIMEOUT_MS);
	close(idle.children);
	worker_end(&worker);
	return over;
}

/* A hypervisor that takes the processor away adds to what a child used, and never takes from it: one of TRIES counts. */
static bool is_once_over_after(int64_t percent, int64_t look_ns)
{
	for (int i = 0; i < TRIES; i++)
		if (is_over_after(percent, look_ns))
			return true;
	return false;
}

Test(idle, a_child_that_does_nothing_is)
{
	cr_expect(is_once_over_after(0, look_here()));
}

Test(idle, a_child_that_wakes_and_waits_on_is)
{
	cr_expect(is_once_over_after(10, look_here()));
}

Test(idle, a_child_that_works_is_not)
{
	cr_expect_not(is_over_after(1000, look_here()));
}

Test(idle, a_child_that_wakes_and_waits_on_is_on_a_slow_machine_too)
{
	cr_expect(is_once_over_after(50, SLOW_LOOK_NS));
}

Test(idle, a_child_that_works_is_not_on_a_slow_machine_either)
{
	cr_expect_not(is_over_after(150, SLOW_LOOK_NS));
}

Test(idle, allows_the_same_on_every_machine_that_is_not_slow)
{
	const struct idle fast = { .timeout_ms = TIMEOUT_MS, .look_ns = 1 };
	const struct idle usual = { .timeout_ms = TIMEOUT_MS, .look_ns = IDLE_LOOK_NS };
	const struct idle slow = { .timeout_ms = TIMEOUT_MS, .look_ns = 3 * IDLE_LOOK_NS };

	cr_expect_eq(idle_allowance(&fast), idle_allowance(&usual));
	cr_expect_eq(idle_allowance(&slow), 3 * idle_allowance(&usual));
}

Test(idle, knows_what_a_look_costs_here)
{
	cr_expect_gt(look_here(), 0);
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
