/* SPDX-License-Identifier: Apache-2.0 */
#include "shell/command.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <syslog.h>
#include <unistd.h>

#include "base/audit.h"
#include "base/clock.h"
#include "base/landlock.h"
#include "base/own.h"
#include "node/held.h"
#include "node/instance.h"
#include "policy/verdict.h"
#include "shell/builtin.h"
#include "shell/exit_code.h"
#include "shell/keeper.h"
#include "shell/mirror.h"
#include "shell/query.h"
#include "shell/received.h"
#include "shell/removable.h"
#include "shell/rsync_refusal.h"
#include "shell/say.h"
#include "shell/slot.h"
#include "shell/supervise.h"
#include "shell/turn.h"
#include "shell/written.h"
#include "wall/program.h"
#include "wall/sandbox.h"

/* Everything that one command needs; lives as long as the process. */
struct command {
	const struct request *request;
	struct config config;
	struct audit audit;
	struct roots roots;
	struct decision decision;
	struct verdict verdict;
	struct plan plan;
	struct sandbox sandbox;
	struct mirror mirror;
	struct held held;
	struct written written;
	struct keeper keeper;
	struct record record;
	int64_t started_ms;
	int io;	      /* /proc/self/io, -1 when not to be had */
	int turn;     /* of shell/turn.h, -1 for none */
	bool ran;     /* the program had its turn with the client */
	bool refused; /* the client was told so */
};

/* A client of rsync's may lose what comes on standard error, and the status, before its protocol has begun. */
static bool refuse_rsync(struct command *command, const char *line, size_t len, int status)
{
	if (command->ran || !rsync_refusal_fits(command->request->command))
		return false;
	held_release(&command->held); /* this may take as long as the client wants */
	return rsync_refusal_send(line, len, status);
}

/* What an honest peer can do about it. The same whoever has claimed the directory, so that nobody learns that. */
static const char *hint_of(enum reason reason)
{
	if (reason != REASON_NOT_CLAIMED)
		return "";
	return ": this peer did not make the directory, or too long ago, or by another address, or it was changed here";
}

/* One line for the client. Never says what the policy is. */
static int refuse(struct command *command, enum reason reason)
{
	char line[RSYNC_REFUSAL_LINE_MAX];
	const int status = reason_status(reason);
	const int len = snprintf(line, sizeof(line), "rssh-nova: refused: %s (ref %s)%s\n", reason_word(reason),
		command->request->ref, hint_of(reason));

	command->refused = true;
	if (!refuse_rsync(command, line, (size_t)len, status))
		say(line, (size_t)len);
	return status;
}

static int record_send(struct command *command, int level)
{
	return audit_send(&command->audit, level, &command->record);
}

/* Records the verdict. Gives 0 when what was allowed may go on. */
static int decide_record(struct command *command, const struct verdict *verdict)
{
	char confine[CONFINE_TEXT_MAX] = "", given[RECORD_GIVEN_MAX + 1] = "";
	const struct terms terms = { .confine = confine, .given = given, .left = command->held.left };
	const bool allow = verdict->kind == VERDICT_ALLOW;

	if (allow)
		sandbox_text(confine, &command->sandbox);
	if (allow && verdict->op == OP_SFTP)
		held_text(given, &command->held);
	record_decide(&command->record, command->config.audit_json, command->request, verdict, &terms);
	if (record_send(command, allow ? LOG_INFO : LOG_WARNING) == 0 || !command->config.audit_required)
		return 0;
	return -1;
}

static int deny(struct command *command, const struct verdict *verdict)
{
	const bool recorded = decide_record(command, verdict) == 0;

	return refuse(command, recorded ? verdict->reason : REASON_NOT_RECORDED);
}

/* Something that we need is not there: one record of what it is, one of the denial that follows. */
static void fault_record(struct command *command, const struct fault *fault)
{
	char problem[RECORD_VALUE_MAX];

	fault_text(problem, sizeof(problem), fault);
	record_fault(&command->record, command->config.audit_json, command->request->ref, fault_where(fault),
		fault->line, problem);
	(void)record_send(command, LOG_ERR);
}

static int deny_fault(struct command *command, const struct fault *fault)
{
	struct verdict verdict = command->verdict;

	fault_record(command, fault);
	verdict.kind = VERDICT_DENY;
	verdict.reason = fault->reason;
	return deny(command, &verdict);
}

/* A number behind a key of /proc/self/io, -1 when it is not there. */
static int64_t io_number(const char *text, const char *key)
{
	const char *const at = strstr(text, key);

	return at == NULL ? -1 : (int64_t)strtoll(at + strlen(key), NULL, 10);
}

/* What our children read and wrote, as the kernel adds it up when they have been waited for. */
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

static int finish(struct command *command, struct outcome *outcome)
{
	outcome->ms = clock_ms() - command->started_ms;
	record_done(&command->record, command->config.audit_json, command->request->ref, outcome);
	if (record_send(command, LOG_INFO) != 0 && command->config.audit_required) {
		static const char text[] = "rssh-nova: the outcome could not be recorded\n";

		say(text, sizeof(text) - 1);
	}
	return outcome->status;
}

/* What was allowed and recorded came to nothing. */
static int finish_fault(struct command *command, const struct fault *fault)
{
	struct outcome outcome = { .status = reason_status(fault->reason), .denied = "" };

	fault_record(command, fault);
	finish(command, &outcome);
	return refuse(command, fault->reason);
}

/* The instance that a verdict is about is also what the sandbox opens up to us. */
static int claim_bring(struct command *command, struct verdict *verdict, struct fault *fault)
{
	const int rc = decision_claim(&command->decision, verdict, fault);

	command->sandbox.instance = command->decision.instance;
	return rc;
}

/* The exit status of an act. A refusal that only the act could find out is recorded like any other. */
static int operated(struct command *command, const struct verdict *verdict, int result)
{
	static const enum reason reasons[] = {
		[FILES_TAKEN] = REASON_NOT_CLAIMED,
		[FILES_TOO_MANY_CLAIMS] = REASON_TOO_MANY_CLAIMS,
		[FILES_TOO_MANY_PROBES] = REASON_TOO_MANY_PROBES,
	};
	struct verdict denied = *verdict;

	if (result == FILES_DONE || result == FILES_FAILED)
		return result;
	verdict_deny_late(&denied, reasons[result]);
	return deny(command, &denied);
}

/* Who may change which directory has the name of an instance waits for the turn. Without claims nobody needs to. */
static int turn_prepare(struct command *command, struct fault *fault)
{
	if (command->config.claims_mode == CLAIMS_OFF)
		return 0;
	command->turn = turn_open(&command->roots);
	if (command->turn >= 0)
		return 0;
	return fault_set(fault, REASON_NOT_CONFIGURED,
		"cannot open the file of instances_path by whose locks we take turns", errno, NULL);
}

static bool wants_turn(const struct command *command)
{
	return command->plan.op == OP_REMOVE_TREE || (command->plan.op == OP_TOUCH && command->verdict.probe) ||
		(command->plan.op == OP_MKDIR && command->decision.claim[0] != '\0');
}

/* Does one in-process operation, inside the walls that already stand. */
static int operate(struct command *command, const struct verdict *verdict, struct fault *fault)
{
	const struct place place = {
		.root = command->roots.fd[verdict->root],
		.instance = command->sandbox.instance,
		.rel = verdict->rel,
		.shown = verdict->path,
		.probe = verdict->probe,
		.claim = command->decision.claim[0] != '\0' ? command->decision.claim : NULL,
		.config = &command->config,
		.request = command->request,
		.claimed = verdict->claim == CLAIM_OWN,
		.stale = verdict->claim == CLAIM_STALE,
		.held = command->held.count != 0,
		.turn = command->turn,
		.ref = command->request->ref,
	};
	files_fn *const operation = files_op(verdict->op);

	if (operation == NULL)
		return fault_set(fault, REASON_INTERNAL, "no such operation", 0, op_word(verdict->op));
	return operated(command, verdict, operation(&place));
}

/* Confines ourselves to one in-process operation, and does it. */
static int act(struct command *command, const struct plan *plan, const struct verdict *verdict, struct fault *fault)
{
	command->sandbox.verdict = verdict;
	if (sandbox_enter(&command->sandbox, plan->role, plan->grants, fault) != 0)
		return -1;
	return operate(command, verdict, fault);
}

/* The operation of the command line itself. */
static int act_asked_for(struct command *command, struct fault *fault)
{
	if (wants_turn(command) && turn_prepare(command, fault) != 0)
		return -1;
	return act(command, &command->plan, &command->verdict, fault);
}

static int run_act(struct command *command)
{
	struct outcome outcome = { .denied = "" };
	struct fault fault;

	outcome.status = act_asked_for(command, &fault);
	return outcome.status < 0 ? finish_fault(command, &fault) : finish(command, &outcome);
}

/* What a stream asked for may be done and will be recorded, or not: 0, or -1 and a fault. */
static int stream_record(struct command *command, const struct verdict *verdict, struct fault *fault)
{
	if (decide_record(command, verdict) == 0)
		return 0;
	return fault_set(fault, REASON_NOT_RECORDED, "cannot record the verdict", errno, NULL);
}

static struct verdict stream_decide(const struct command *command, enum op op, const char *path)
{
	struct verdict verdict = verdict_decide_stream(&command->config, command->decision.match.form, op, path);

	verdict_check_space(&verdict, &command->config, &command->decision.facts);
	return verdict;
}

/* rsync makes the directory of a file that it brings, and Nova's create_file on a node that has never seen
 * the instance counts on it. Done within the supervisor's walls, before those of the file itself. */
static int make_parent(struct command *command, const char *path, struct fault *fault)
{
	char parent[CMD_MAX];
	struct verdict verdict;

	snprintf(parent, sizeof(parent), "%.*s", (int)(strrchr(path, '/') - path), path);
	verdict = stream_decide(command, OP_MKDIR, parent);
	if (claim_bring(command, &verdict, fault) != 0)
		return -1;
	if (verdict.kind == VERDICT_DENY)
		return deny(command, &verdict);
	if (stream_record(command, &verdict, fault) != 0)
		return -1;
	return operate(command, &verdict, fault);
}

/* One operation that a stream asked for: decided, recorded and done like a command of its own.
 * Gives the exit status, or -1 and a fault. */
static int act_stream(struct command *command, const struct asked *asked, struct fault *fault)
{
	struct verdict verdict = stream_decide(command, asked->op, asked->path);
	struct plan plan;
	int rc = claim_bring(command, &verdict, fault);

	if (rc == 0 && verdict.kind == VERDICT_DENY)
		return deny(command, &verdict);
	if (rc == 0 && verdict.op == OP_TOUCH && command->sandbox.instance < 0) {
		rc = make_parent(command, asked->path, fault);
		if (rc == 0)
			rc = claim_bring(command, &verdict, fault);
	}
	if (rc != 0)
		return rc;
	if (stream_record(command, &verdict, fault) != 0)
		return -1;
	if (!plan_make_stream(&plan, &verdict))
		return fault_set(fault, REASON_INTERNAL, "no plan for the stream", 0, NULL);
	return act(command, &plan, &verdict, fault);
}

/* A stream that rsync itself broke off asks for nothing any more, but is told of when it was not Nova's. */
static int act_asked(struct command *command, const struct asked *asked, int child_status, struct fault *fault)
{
	struct verdict other = command->verdict;

	if (asked->kind == MIRROR_OTHER ||
		(asked->kind == MIRROR_NOTHING && command->decision.match.form == FORM_RSYNC_CREATE &&
			child_status == 0)) {
		other.kind = VERDICT_DENY;
		other.reason = REASON_STREAM;
		return deny(command, &other);
	}
	if (child_status != 0 || asked->kind == MIRROR_NOTHING)
		return child_status;
	return act_stream(command, asked, fault);
}

/* The program is opened and the private directory made while we still may. */
static int child_prepare(struct command *command, int *program, struct fault *fault)
{
	struct plan *const plan = &command->plan;
	const bool absent = plan->op == OP_EMPTY && command->sandbox.instance < 0;

	if (plan->program == PROGRAM_NONE)
		return 0;
	*program = program_open(command->config.program[plan->program], fault);
	if (*program < 0)
		return -1;
	if (plan->op != OP_STREAM && !absent)
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
	return removable_show(&command->mirror, &command->decision, &command->verdict, fault);
}

/* Ends us as the child was ended, so that sshd can tell the client. */
static void end_by(int number)
{
	sigset_t set;

	(void)signal(number, SIG_DFL);
	sigemptyset(&set);
	(void)sigprocmask(SIG_SETMASK, &set, NULL);
	(void)raise(number);
}

/* Tells the client why its transfer ended. sshd drops it for a subsystem. */
static void say_limit(const struct command *command, const char *limit)
{
	char line[128];
	const int len = snprintf(line, sizeof(line), "rssh-nova: ended: %s (ref %s)\n", limit, command->request->ref);

	say(line, (size_t)len);
}

/* Did the transfer leave an image that is refused? Only in audit mode may it stay, with the record. */
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
	(void)record_send(command, LOG_WARNING);
	return command->config.images_mode == IMAGES_ENFORCE;
}

/* Returns the status; *number is the signal to end by, 0 for none. */
static int after_child(struct command *command, struct ending *ending, int *number)
{
	char denied[DENIALS_TEXT_MAX], wrote[WRITTEN_TEXT_MAX];
	struct outcome outcome = {
		.status = ending->status,
		.signal = ending->signal,
		.limit = ending->signal == SIGXFSZ ? "file_size" : ending->limit,
		.denied = denied,
		.wrote = wrote,
	};
	struct fault fault = { .what = NULL };
	struct asked asked;
	bool refused;

	denials_text(denied, &ending->denials);
	written_text(wrote, &command->written, &command->held);
	io_measure(command, &outcome);
	command->ran = ending->fault.what == NULL;
	if (!command->ran) {
		mirror_clear(&command->mirror);
		return finish_fault(command, &ending->fault);
	}
	if (command->plan.op == OP_STREAM) {
		mirror_read(&asked, &command->mirror);
		outcome.status = act_asked(command, &asked, ending->status, &fault);
		if (outcome.status < 0)
			return finish_fault(command, &fault);
	}
	mirror_clear(&command->mirror);
	refused = leaves_refused(command);
	if (refused)
		outcome.status = reason_status(REASON_IMAGE);
	/* A refusal has a status, whether the stream's end or our look at the mirror came first. */
	*number = command->refused ? 0 : outcome.signal;
	if (command->plan.op != OP_SFTP || ending->denials.makes || refused)
		held_seal(&command->held, &command->config, command->request);
	finish(command, &outcome);
	/* The client may read nothing: what others wait for comes before what it is told. */
	held_release(&command->held);
	if (outcome.limit != NULL)
		say_limit(command, outcome.limit);
	if (refused)
		(void)refuse(command, REASON_IMAGE);
	return outcome.status;
}

static int clear_and_finish(struct command *command, const struct fault *fault)
{
	mirror_clear(&command->mirror);
	return finish_fault(command, fault);
}

static int not_recorded(struct command *command)
{
	mirror_clear(&command->mirror);
	return refuse(command, REASON_NOT_RECORDED);
}

/* What was allowed comes to nothing before it has been recorded. */
static int record_and_finish(struct command *command, const struct fault *fault)
{
	if (decide_record(command, &command->verdict) != 0)
		return not_recorded(command);
	return clear_and_finish(command, fault);
}

/* A child_fn: one of our own operations that may take long, in a process that can be ended. */
static int act_apart(void *what, int channel, struct fault *fault)
{
	struct command *const command = what;

	(void)channel;
	return act_asked_for(command, fault);
}

static int spawn(struct child *out, struct command *command, int program, struct fault *fault)
{
	struct becoming becoming = { &command->sandbox, &command->plan, program };

	if (command->plan.program == PROGRAM_NONE)
		return child_spawn(out, act_apart, command, fault);
	return child_spawn(out, child_become, &becoming, fault);
}

/* In the supervisor. As after_child(). */
static int run_supervised(struct command *command, int program, int signals, int *number)
{
	const int64_t timeout = command->config.idle_timeout;
	struct ending ending;
	struct child child;
	struct fault fault;
	struct idle idle;
	const struct watch_rules rules = {
		.signals = signals,
		.keeper = command->keeper.link,
		.peer = command->plan.program == PROGRAM_NONE ? -1 : STDOUT_FILENO, /* as rm(1), which goes on */
		.wall_time = command->config.wall_time,
		.idle = timeout != 0 ? &idle : NULL,
		.mirror = command->mirror.fd >= 0 ? &command->mirror : NULL,
		.held = &command->held,
		.config = &command->config,
		.request = command->request,
	};

	command->io = open("/proc/self/io", O_RDONLY | O_CLOEXEC);
	written_begin(&command->written, &command->held);
	if (mirror_fill(command, &fault) != 0)
		return clear_and_finish(command, &fault);
	/* Not before: a process that shares the descriptor keeps its lock. */
	if (command->plan.op == OP_STREAM && turn_prepare(command, &fault) != 0)
		return clear_and_finish(command, &fault);
	if (spawn(&child, command, program, &fault) != 0)
		return clear_and_finish(command, &fault);
	sandbox_spawned(&command->sandbox);
	if ((timeout != 0 && idle_begin(&idle, child.pid, timeout, &fault) != 0) ||
		sandbox_enter(&command->sandbox, ROLE_SUPERVISE, command->plan.supervisor, &fault) != 0 ||
		keeper_tell_child(&command->keeper, child.pid, &fault) != 0) {
		child_end(&child);
		return clear_and_finish(command, &fault);
	}
	supervise(&ending, &child, &rules);
	return after_child(command, &ending, number);
}

/* Records what came to nothing: as the outcome, or, if nothing was decided, as a denial. */
static int clear_and_end(struct command *command, const struct fault *fault, bool decided)
{
	mirror_clear(&command->mirror);
	return decided ? finish_fault(command, fault) : deny_fault(command, fault);
}

/* In the keeper. If the supervisor dies, it does what only the supervisor would have done. */
static int keep(struct command *command, int signals)
{
	struct outcome outcome = { .bytes_in = -1, .bytes_out = -1, .denied = "" };
	struct keeper_end end;
	struct fault fault = { .reason = REASON_NOT_CONFINED, .what = "the supervisor ended before it decided" };

	held_apart(&command->held); /* it is the supervisor that holds them */
	if (sandbox_enter(&command->sandbox, ROLE_SUPERVISE, command->plan.supervisor, &fault) != 0 ||
		keeper_tell_ready(&command->keeper, &fault) != 0) {
		(void)kill(command->keeper.supervisor, SIGKILL);
		if (!keeper_wait(&end, &command->keeper, signals))
			return clear_and_end(command, &fault, end.decided);
		return end.status;
	}
	if (!keeper_wait(&end, &command->keeper, signals)) {
		if (!end.decided)
			return clear_and_end(command, &fault, false);
		held_seal(&command->held, &command->config, command->request);
		mirror_clear(&command->mirror);
		outcome.status = end.status;
		outcome.signal = end.signal;
		finish(command, &outcome);
	}
	if (end.signal != 0)
		end_by(end.signal);
	return end.status;
}

/* In the supervisor. Nothing is decided before there are two: whichever is killed from now on, the other records the
 * outcome. As after_child(). */
static int decide_and_run(struct command *command, int program, int signals, int *number)
{
	struct fault fault;

	if (keeper_wait_ready(&command->keeper, &fault) != 0)
		return clear_and_end(command, &fault, false);
	keeper_tell_decision(&command->keeper);
	if (decide_record(command, &command->verdict) != 0)
		return not_recorded(command);
	return run_supervised(command, program, signals, number);
}

/* Not inlined, for its stack: see key_read(). */
static NOINLINE int run_child(struct command *command)
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

/* What the session may write is held while it runs. An instance that is locked exclusively begins to live here. */
static int hold(struct command *command, struct fault *fault)
{
	struct verdict *const verdict = &command->verdict;
	const struct config *const config = &command->config;
	const bool enforced = config->claims_mode == CLAIMS_ENFORCE;
	const int instance = command->sandbox.instance;

	command->held.op = verdict->op;
	if (enforced && verdict->op == OP_SFTP && (verdict->directions & DIRECTION_RECEIVE) != 0)
		return held_gather(&command->held, config, &command->roots, command->request, fault);
	if (!verdict->needs_claim || instance < 0)
		return 0;
	if (!held_add(&command->held, instance, verdict->instance))
		verdict_apply_claim(verdict, config, CLAIM_BUSY, true);
	/* A fence may have ended the claim between our look and our lock. From now on it waits for us. */
	else if (enforced && verdict->claim != CLAIM_STALE)
		verdict_apply_claim(verdict, config, instance_claim(instance, config, command->request, false), true);
	return 0;
}

/* A transfer needs a place among those that run. Where there is none, *status is what we end with. */
static bool session_opens(struct command *command, int *status)
{
	struct fault fault;
	const int begun = session_begin(&command->config, &command->roots, command->request, &fault);

	if (begun == 1)
		return true;
	if (begun == 0)
		verdict_deny_sessions(&command->verdict);
	*status = begun < 0 ? deny_fault(command, &fault) : deny(command, &command->verdict);
	return false;
}

/* All that is needed is there: what decides and what confines may borrow it. */
static void borrow(struct command *command)
{
	command->decision.config = &command->config;
	command->decision.roots = &command->roots;
	command->decision.request = command->request;
	command->decision.instance = -1;
	command->sandbox = (struct sandbox){
		.abi = landlock_abi(),
		.config = &command->config,
		.roots = &command->roots,
		.verdict = &command->verdict,
		.request = command->request,
		.instance = -1,
		.held = &command->held,
		.mirror = -1,
		.mirror_parent = -1,
		.namespace_make = namespace_make,
		.namespace = NAMESPACE_NONE,
	};
}

/* Is it worth two more processes? What is over in a millisecond is not. */
static bool takes_long(const struct plan *plan)
{
	return plan->program != PROGRAM_NONE || plan->op == OP_REMOVE_TREE;
}

/* Does what was allowed, when it can be confined and is recorded. */
static int carry_out(struct command *command)
{
	struct fault fault;
	int status;

	if (!plan_make(&command->plan, &command->verdict, &command->decision.match))
		return deny_fault(
			command, &(struct fault){ .reason = REASON_INTERNAL, .what = "no plan for the command" });
	if (command->plan.program != PROGRAM_NONE && !session_opens(command, &status))
		return status;
	if (hold(command, &fault) != 0)
		return deny_fault(command, &fault);
	if (command->verdict.kind == VERDICT_DENY)
		return deny(command, &command->verdict);
	if (sandbox_check(&command->sandbox, &command->plan, &fault) != 0)
		return deny_fault(command, &fault);
	if (takes_long(&command->plan))
		return run_child(command);
	if (decide_record(command, &command->verdict) != 0)
		return refuse(command, REASON_NOT_RECORDED);
	return run_act(command);
}

int command_run(struct invocation *invocation)
{
	static struct command command;
	struct fault fault = { .what = NULL };
	int prepared, decided;

	command.request = &invocation->request;
	command.started_ms = clock_ms();
	command.io = command.turn = command.mirror.fd = command.mirror.parent = -1;
	prepared = decision_prepare(&command.config, &command.roots, invocation, &fault);
	if (audit_open(&command.audit, command.config.facility) != 0 && command.config.audit_required)
		return refuse(&command, REASON_NOT_RECORDED);
	if (prepared != 0)
		return deny_fault(&command, &fault);
	borrow(&command);
	decided = decision_make(&command.decision, &command.verdict, &fault);
	command.sandbox.instance = command.decision.instance;
	if (decided != 0)
		return deny_fault(&command, &fault);
	if (command.verdict.kind == VERDICT_DENY)
		return deny(&command, &command.verdict);
	return carry_out(&command);
}
