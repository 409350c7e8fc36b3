/* SPDX-License-Identifier: Apache-2.0 */
#include "shell/supervise.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/own.h"
#include "shell/signal_relay.h"

enum source {
	SOURCE_SIGNALS,
	SOURCE_CHANNEL,
	SOURCE_LISTENER,
	SOURCE_PEER,
	SOURCE_KEEPER,
	SOURCE_REPORTS,
	SOURCE_COUNT
};

struct watch {
	struct pollfd sources[SOURCE_COUNT];
	pid_t pid;
	bool ended;
	int64_t term_at, kill_at, look_at; /* milliseconds, INT64_MAX for never */
	const char *limit;		   /* the limit that ended it at term_at; NULL for none */
	const struct watch_rules *rules;
	struct idle *idle; /* NULL for none, or once it is over */
};

int supervise_begin(int *signals, bool answers, struct fault *fault)
{
	static const int ours[] = {
		SIGHUP,
		SIGINT,
		SIGQUIT,
		SIGTERM,
		SIGUSR1,
		SIGUSR2,
		SIGALRM,
		SIGCHLD,
	};
	sigset_t set;

	sigemptyset(&set);
	for (size_t i = 0; i < N_ELEMENTS(ours); i++) {
		sigaddset(&set, ours[i]);
		(void)signal(ours[i], SIG_DFL); /* if SIGCHLD is ignored, the kernel reaps the child */
	}
	(void)signal(SIGIO, SIG_IGN); /* another process opens a file during our lease: instance_has_writer() */
	if (sigprocmask(SIG_SETMASK, &set, NULL) != 0 || prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0 ||
		(answers && (refused_calls_available() != 0 || signal_relay_available() != 0)))
		return fault_set(fault, REASON_NOT_CONFINED, "supervision", errno, NULL);
	*signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (*signals < 0)
		return fault_set(fault, REASON_NOT_CONFINED, "signalfd", errno, NULL);
	return 0;
}

/* The whole process group: rsync is two processes. */
static void signal_child(const struct watch *watch, int number)
{
	if (kill(-watch->pid, number) != 0)
		(void)kill(watch->pid, number);
}

static void reap(struct watch *watch, struct ending *ending)
{
	int status;
	pid_t pid;

	do {
		pid = waitpid(-1, &status, WNOHANG);
		if (pid != watch->pid)
			continue;
		watch->ended = true;
		ending->signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
		ending->status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + ending->signal;
	} while (pid > 0 || (pid < 0 && errno == EINTR));
	if (pid == 0 || watch->ended)
		return;
	/* No later event will report its end. */
	watch->ended = true;
	(void)fault_set(&ending->fault, REASON_NOT_CONFINED, "cannot wait for the program", errno, NULL);
}

static int64_t least(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

static bool asks_to_end(int number)
{
	return number == SIGHUP || number == SIGINT || number == SIGQUIT || number == SIGTERM;
}

/* Forwards the signal, and ends a child that ignores it. */
static void forward(struct watch *watch, int number)
{
	signal_child(watch, number);
	if (asks_to_end(number))
		watch->kill_at = least(watch->kill_at, clock_ms() + TERM_GRACE_MS);
}

static void on_signal(struct watch *watch, struct ending *ending)
{
	struct signalfd_siginfo info;

	while (read(watch->sources[SOURCE_SIGNALS].fd, &info, sizeof(info)) == (ssize_t)sizeof(info)) {
		if ((int)info.ssi_signo == SIGCHLD)
			reap(watch, ending);
		else
			forward(watch, (int)info.ssi_signo);
	}
}

static void on_channel(struct watch *watch, struct ending *ending)
{
	struct pollfd *const channel = &watch->sources[SOURCE_CHANNEL];
	int listener = -1;
	const int heard = child_hear(channel->fd, &listener, &ending->fault);

	if (heard == 1) {
		watch->sources[SOURCE_LISTENER].fd = listener;
		return;
	}
	if (heard == 0)
		ending->fault.what = NULL;
	fd_drop(&channel->fd);
	if (heard < 0) /* it should end by itself, but we do not rely on it */
		signal_child(watch, SIGKILL);
}

static void on_listener(struct watch *watch, struct ending *ending)
{
	struct pollfd *const listener = &watch->sources[SOURCE_LISTENER];

	if ((listener->revents & POLLIN) == 0)
		fd_drop(&listener->fd); /* no process is left that could ask */
	else if (refused_calls_take(&ending->refused, listener->fd, watch->pid, watch->rules->held) != 0 &&
		errno != ENOENT)
		signal_child(watch, SIGKILL);
	if (ending->refused.over == NULL)
		return;
	if (ending->limit == NULL)
		ending->limit = ending->refused.over;
	signal_child(watch, SIGKILL);
}

/* Returns the milliseconds until the next deadline, for poll(2). */
static int patience(const struct watch *watch, int64_t now)
{
	const int64_t idle_at = watch->idle != NULL ? watch->idle->look_at_ms : INT64_MAX;
	const struct held *const held = watch->rules->held;
	const bool looks = held->count != 0 && watch->rules->config->claims_mode == CLAIMS_ENFORCE;
	const int64_t held_at = looks ? held->look_at_ms : INT64_MAX;
	const int64_t until =
		least(least(watch->term_at, watch->kill_at), least(least(watch->look_at, idle_at), held_at));

	if (until == INT64_MAX)
		return -1;
	return until <= now ? 0 : (int)least(until - now, 3600 * 1000);
}

/* Every MIRROR_LOOK_MS, not for each refused call. */
static void look(struct watch *watch, int64_t now)
{
	if (now < watch->look_at)
		return;
	if (mirror_is_overgrown(watch->rules->mirror))
		signal_child(watch, SIGKILL);
	watch->look_at = clock_ms() + MIRROR_LOOK_MS;
}

static void term_by(struct watch *watch, int64_t at, const char *limit)
{
	if (at >= watch->term_at)
		return;
	watch->term_at = at;
	watch->limit = limit;
}

/* A child that may no longer write the instance gets SIGKILL at once, not SIGTERM first. */
static void look_at_held(struct watch *watch, struct ending *ending, int64_t now)
{
	const struct watch_rules *const rules = watch->rules;
	const char *const limit = held_limit(rules->held, rules->config, rules->request, ending->refused.opens, now);

	if (limit == NULL)
		return;
	ending->limit = limit;
	signal_child(watch, SIGKILL);
}

static void on_time(struct watch *watch, struct ending *ending, int64_t now)
{
	look(watch, now);
	look_at_held(watch, ending, now);
	if (watch->idle != NULL && idle_is_over(watch->idle, now)) {
		watch->idle = NULL;
		term_by(watch, now, "idle_timeout");
	}
	if (now >= watch->kill_at) {
		signal_child(watch, SIGKILL);
		watch->kill_at = INT64_MAX;
	}
	if (now >= watch->term_at) {
		signal_child(watch, SIGTERM);
		if (ending->limit == NULL)
			ending->limit = watch->limit;
		watch->term_at = INT64_MAX;
		watch->kill_at = now + TERM_GRACE_MS;
	}
}

/* The channel closes when the child ends, which a signal tells. */
static void on_reports(struct watch *watch)
{
	struct pollfd *const reports = &watch->sources[SOURCE_REPORTS];
	const bool heard = (reports->revents & POLLIN) != 0 && watch->rules->report(watch->rules->what, reports->fd);

	if (heard)
		return;
	if ((reports->revents & POLLHUP) == 0)
		signal_child(watch, SIGKILL);
	reports->fd = -1;
}

static void on_sources(struct watch *watch, struct ending *ending)
{
	if (watch->sources[SOURCE_CHANNEL].revents != 0)
		on_channel(watch, ending);
	if (watch->sources[SOURCE_LISTENER].revents != 0)
		on_listener(watch, ending);
	if (watch->sources[SOURCE_PEER].revents != 0) {
		watch->sources[SOURCE_PEER].fd = -1;
		term_by(watch, clock_ms() + PEER_GONE_GRACE_MS, NULL);
	}
	if (watch->sources[SOURCE_REPORTS].revents != 0)
		on_reports(watch);
	if (watch->sources[SOURCE_KEEPER].revents != 0) {
		watch->sources[SOURCE_KEEPER].fd = -1;
		signal_child(watch, SIGKILL);
	}
	if (watch->sources[SOURCE_SIGNALS].revents != 0)
		on_signal(watch, ending);
}

/* No process that the child started outlives it. */
static void sweep(const struct watch *watch)
{
	(void)kill(-watch->pid, SIGKILL);
	while (waitpid(-1, NULL, 0) > 0 || errno == EINTR)
		;
}

void supervise(struct ending *out, struct child *child, const struct watch_rules *rules)
{
	struct watch watch = {
		.sources = {
			[SOURCE_SIGNALS] = { .fd = rules->signals, .events = POLLIN },
			[SOURCE_CHANNEL] = { .fd = fd_take(&child->channel), .events = POLLIN },
			[SOURCE_LISTENER] = { .fd = -1, .events = POLLIN },
			/* Reports only an error or the end of the other side. */
			[SOURCE_PEER] = { .fd = rules->peer, .events = 0 },
			[SOURCE_KEEPER] = { .fd = rules->keeper, .events = 0 },
			[SOURCE_REPORTS] = { .fd = rules->reports, .events = POLLIN },
		},
		.pid = child->pid,
		.term_at = rules->wall_time != 0 ? clock_ms() + rules->wall_time * 1000 : INT64_MAX,
		.kill_at = INT64_MAX,
		.limit = "wall_time",
		.rules = rules,
		.idle = rules->idle,
		.look_at = rules->mirror != NULL ? clock_ms() + MIRROR_LOOK_MS : INT64_MAX,
	};

	*out = (struct ending){ .refused.asks = rules->held->op == OP_SFTP };
	on_time(&watch, out, clock_ms()); /* before the child can become its program */
	while (!watch.ended) {
		if (poll(watch.sources, SOURCE_COUNT, patience(&watch, clock_ms())) > 0)
			on_sources(&watch, out);
		on_time(&watch, out, clock_ms());
	}
	/* Handles messages that arrived while it ended. */
	while (watch.sources[SOURCE_CHANNEL].fd >= 0)
		on_channel(&watch, out);
	sweep(&watch);
	fd_drop(&watch.sources[SOURCE_LISTENER].fd);
	fd_drop(&watch.sources[SOURCE_CHANNEL].fd);
}
