/* SPDX-License-Identifier: Apache-2.0 */
#include "shell/transfer.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

#include "base/own.h"
#include "shell/act.h"
#include "shell/received.h"
#include "shell/removable.h"
#include "shell/stream.h"
#include "shell/supervise.h"
#include "shell/trail.h"
#include "shell/tunnel_child.h"
#include "wall/program.h"

/* Returns the number after a key of /proc/self/io, or -1. */
static int64_t io_number(const char *text, const char *key)
{
	const char *const at = strstr(text, key);

	return at == NULL ? -1 : (int64_t)strtoll(at + strlen(key), NULL, 10);
}

/* Sets what our children read and wrote. The kernel adds it up when we have waited for them. */
static void io_measure(const struct command *command, struct outcome *outcome)
{
	char text[512];
	const ssize_t len = command->io < 0 ? -1 : pread(command->io, text, sizeof(text) - 1, 0);

	outcome->bytes_in = outcome->bytes_out = -1;
	if (len <= 0)
		return;
	text[len] = '\0';
	outcome->bytes_in = io_number(text, "rchar: ");
	outcome->bytes_out = io_number(text, "wchar: ");
}

/* Opens the program and makes the mirror, while this process still may. */
static int child_prepare(struct command *command, int *program, struct fault *fault)
{
	struct plan *const plan = &command->plan;

	if (plan->program == PROGRAM_NONE)
		return 0;
	*program = program_open(command->config.program[plan->program], fault);
	if (*program < 0)
		return -1;
	if (!plan_needs_mirror(plan, command->sandbox.instance >= 0))
		return 0;
	if (sandbox_scratch(&command->sandbox, fault) != 0 ||
		mirror_make(&command->mirror, command->sandbox.namespace.scratch, fault) != 0)
		return -1;
	command->sandbox.mirror = command->mirror.fd;
	command->sandbox.mirror_parent = command->mirror.parent;
	plan_redirect(plan, command->mirror.path);
	return 0;
}

static int mirror_fill(struct command *command, struct fault *fault)
{
	if (command->verdict.form != FORM_RSYNC_REMOVE)
		return 0;
	return removable_show(&command->mirror, &command->query, &command->verdict, fault);
}

/* Ends this process by the signal that ended the child, so that sshd can tell the client. */
static void end_by(int number)
{
	sigset_t set;

	(void)signal(number, SIG_DFL);
	sigemptyset(&set);
	(void)sigprocmask(SIG_SETMASK, &set, NULL);
	(void)raise(number);
}

/* Did the transfer leave an image that must be refused? Records it, also in audit mode, which keeps the image. */
static bool leaves_refused(struct command *command)
{
	const struct held_instance *instance;
	struct image_report found;

	if (command->verdict.op != OP_RECEIVE && command->verdict.op != OP_SFTP)
		return false;
	instance = received_judge(&found, &command->held, &command->config, &command->roots, command->request,
		command->verdict.op != OP_SFTP);
	if (instance == NULL)
		return false;
	record_image(&command->record, command->config.audit_json, command->request->ref, found.finding, instance->uuid,
		found.file, found.detail);
	(void)trail_send(command, LOG_WARNING);
	return command->config.images_mode == IMAGES_ENFORCE;
}

/* The child was let through no further. */
static int tunnel_refused(struct command *command, struct outcome *outcome)
{
	const enum reason reason = tunnel_reason(command->finding);

	outcome->status = reason_status(reason);
	trail_finish(command, outcome);
	return trail_refuse(command, reason);
}

static int clear_and_finish(struct command *command, const struct fault *fault)
{
	mirror_clear(&command->mirror);
	return trail_finish_fault(command, fault);
}

/* What the child left. */
struct remains {
	struct outcome outcome; /* borrows the texts below */
	char denied[REFUSED_CALLS_TEXT_MAX], wrote[WRITTEN_TEXT_MAX];
};

static void remains_take(struct remains *out, const struct command *command, const struct ending *ending)
{
	refused_calls_text(out->denied, &ending->refused);
	written_text(out->wrote, &command->written, &command->held);
	out->outcome = (struct outcome){
		.status = ending->status,
		.signal = ending->signal,
		.limit = ending->signal == SIGXFSZ ? "file_size" : ending->limit,
		.denied = out->denied,
		.wrote = out->wrote,
	};
	io_measure(command, &out->outcome);
}

/* Does what the stream asked for; its status is that of the outcome. Returns 0, or -1 and a fault. */
static int stream_finish(struct command *command, struct outcome *outcome, struct fault *fault)
{
	struct asked asked;

	mirror_read(&asked, &command->mirror);
	outcome->status = stream_act(command, &asked, outcome->status, fault);
	return outcome->status < 0 ? -1 : 0;
}

/* Records the outcome and tells the client. refused: it left an image that must be refused. Returns the status. */
static int record_and_tell(struct command *command, struct outcome *outcome, bool refused)
{
	if (refused)
		outcome->status = reason_status(REASON_IMAGE);
	trail_finish(command, outcome);
	/* The client may never read, so release what others wait for before telling it anything. */
	held_release(&command->held);
	if (outcome->limit != NULL)
		trail_say_limit(command, outcome->limit);
	if (refused)
		(void)trail_refuse(command, REASON_IMAGE);
	return outcome->status;
}

/* Returns the status. Sets *number, 0 on entry, to the signal to end by. */
static int after_child(struct command *command, const struct ending *ending, int *number)
{
	struct remains remains;
	struct outcome *const outcome = &remains.outcome;
	struct fault fault = { .what = NULL };
	bool refused;

	remains_take(&remains, command, ending);
	command->ran = ending->fault.what == NULL;
	if (!command->ran)
		return clear_and_finish(command, &ending->fault);
	if (command->plan.op == OP_STREAM && stream_finish(command, outcome, &fault) != 0)
		return trail_finish_fault(command, &fault);
	mirror_clear(&command->mirror);
	held_reopen(&command->held);
	if (command->plan.op == OP_LIBVIRT)
		tunnel_child_end(command, outcome);
	if (command->finding != TUNNEL_NOTHING)
		return tunnel_refused(command, outcome);
	refused = leaves_refused(command);
	/* A refusal always ends with its status, not by the signal. */
	*number = command->refused || refused ? 0 : outcome->signal;
	/* What a stream asks for seals by itself. */
	if ((command->plan.op != OP_SFTP && command->plan.op != OP_STREAM) || ending->refused.makes || refused)
		held_seal(&command->held, &command->config, command->request);
	return record_and_tell(command, outcome, refused);
}

static int not_recorded(struct command *command)
{
	mirror_clear(&command->mirror);
	return trail_refuse(command, REASON_NOT_RECORDED);
}

/* Records the verdict, and then that the command failed. */
static int record_and_finish(struct command *command, const struct fault *fault)
{
	if (trail_decide(command, &command->verdict) != 0)
		return not_recorded(command);
	return clear_and_finish(command, fault);
}

/* A child_fn: a long operation of our own, in a process that can be ended. */
static int act_apart(void *what, int channel, struct fault *fault)
{
	struct command *const command = what;

	(void)channel;
	return act_asked_for(command, fault);
}

static int spawn(struct child *out, struct command *command, int program, struct fault *fault)
{
	struct becoming becoming = { &command->sandbox, &command->plan, program };

	if (command->plan.op == OP_LIBVIRT)
		return tunnel_child_spawn(out, command, fault);
	if (command->plan.program == PROGRAM_NONE)
		return child_spawn(out, act_apart, command, fault);
	return child_spawn(out, child_become, &becoming, fault);
}

/* idle: NULL for a child that may idle. */
static struct watch_rules rules_of(struct command *command, int signals, struct idle *idle)
{
	const bool act = command->plan.program == PROGRAM_NONE && command->plan.op != OP_LIBVIRT;

	return (struct watch_rules){
		.signals = signals,
		.reports = command->reports[0],
		.report = tunnel_child_record,
		.what = command,
		.keeper = command->keeper.link,
		.peer = act ? -1 : STDOUT_FILENO, /* as rm(1), which goes on */
		.wall_time = command->config.wall_time,
		.idle = idle,
		.mirror = command->mirror.fd >= 0 ? &command->mirror : NULL,
		.held = &command->held,
		.config = &command->config,
		.request = command->request,
	};
}

/* Runs in the supervisor. Returns as after_child(). */
static int run_supervised(struct command *command, int program, int signals, int *number)
{
	/* The tunnel does nothing while QEMU brings the guest's memory. */
	const int64_t timeout = command->plan.op == OP_LIBVIRT ? 0 : command->config.idle_timeout;
	struct watch_rules rules;
	struct ending ending;
	struct child child;
	struct fault fault;
	struct idle idle;

	command->io = open("/proc/self/io", O_RDONLY | O_CLOEXEC);
	written_begin(&command->written, &command->held);
	if (mirror_fill(command, &fault) != 0)
		return clear_and_finish(command, &fault);
	/* After keeper_split(): a lock lasts until each process with the descriptor has closed it. */
	if (command->plan.op == OP_STREAM && act_prepare_turn(command, &fault) != 0)
		return clear_and_finish(command, &fault);
	if (spawn(&child, command, program, &fault) != 0)
		return clear_and_finish(command, &fault);
	sandbox_drop_namespaces(&command->sandbox);
	if ((timeout != 0 && idle_begin(&idle, child.pid, timeout, &fault) != 0) ||
		sandbox_enter(&command->sandbox, ROLE_SUPERVISE, command->plan.supervisor, &fault) != 0 ||
		keeper_tell_child(&command->keeper, child.pid, &fault) != 0) {
		child_end(&child);
		return clear_and_finish(command, &fault);
	}
	rules = rules_of(command, signals, timeout != 0 ? &idle : NULL);
	supervise(&ending, &child, &rules);
	return after_child(command, &ending, number);
}

/* Clears the mirror, and records the failure as a denial, because no verdict was recorded yet. */
static int clear_and_deny(struct command *command, const struct fault *fault)
{
	mirror_clear(&command->mirror);
	return trail_deny_fault(command, fault);
}

/* Runs in the keeper. If the supervisor dies, the keeper does what only the supervisor would have done. */
static int keep(struct command *command, int signals)
{
	struct outcome outcome = { .bytes_in = -1, .bytes_out = -1, .denied = "" };
	struct keeper_end end;
	struct fault fault = { .reason = REASON_NOT_CONFINED, .what = "the supervisor ended before it decided" };

	held_apart(&command->held); /* the supervisor holds them */
	if (sandbox_enter(&command->sandbox, ROLE_SUPERVISE, command->plan.supervisor, &fault) != 0 ||
		keeper_tell_ready(&command->keeper, &fault) != 0) {
		(void)kill(command->keeper.supervisor, SIGKILL);
		if (!keeper_wait(&end, &command->keeper, signals))
			return end.decided ? clear_and_finish(command, &fault) : clear_and_deny(command, &fault);
		return end.status;
	}
	if (!keeper_wait(&end, &command->keeper, signals)) {
		if (!end.decided)
			return clear_and_deny(command, &fault);
		held_seal(&command->held, &command->config, command->request);
		mirror_clear(&command->mirror);
		outcome.status = end.status;
		outcome.signal = end.signal;
		trail_finish(command, &outcome);
	}
	if (end.signal != 0)
		end_by(end.signal);
	return end.status;
}

/* Runs in the supervisor. Decides only when both processes are ready: whichever is killed from now on, the other
 * records the outcome. Returns as after_child(). */
static int decide_and_run(struct command *command, int program, int signals, int *number)
{
	struct fault fault;

	if (keeper_wait_ready(&command->keeper, &fault) != 0)
		return clear_and_deny(command, &fault);
	keeper_tell_decision(&command->keeper);
	if (trail_decide(command, &command->verdict) != 0)
		return not_recorded(command);
	return run_supervised(command, program, signals, number);
}

/* Not inlined, for its stack: see key_read(). */
NOINLINE int transfer_run(struct command *command)
{
	struct keeper_end end = { .signal = 0 };
	OWN_FD int program = -1;
	struct fault fault;
	int signals, side;

	if (child_prepare(command, &program, &fault) != 0 ||
		supervise_begin(&signals, command->plan.program != PROGRAM_NONE, &fault) != 0)
		return record_and_finish(command, &fault);
	side = keeper_split(&command->keeper, &fault);
	if (side < 0)
		return record_and_finish(command, &fault);
	if (side == 1)
		return keep(command, signals);
	end.status = decide_and_run(command, program, signals, &end.signal);
	keeper_tell_end(&command->keeper, end);
	return end.status;
}
