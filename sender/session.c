/* SPDX-License-Identifier: Apache-2.0 */
#include "sender/session.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum {
	TICK_MS = 200,
	SHORT_COMMAND_SECONDS = 60,
	UNDO_SECONDS = 30,
	STATUS_REFUSED = 77, /* of rssh-nova */
	STATUS_SSH = 255,
};

enum remotefs_error session_fail(struct remotefs *fs, enum remotefs_error error, const char *format, ...)
{
	char text[OUTPUT_LINE_MAX * 2];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	*fs->fault = (struct remotefs_fault){ .error = error, .status = -1 };
	(void)output_plain(fs->fault->text, sizeof(fs->fault->text), text);
	return error;
}

void session_event(const struct remotefs *fs, const struct remotefs_event *event)
{
	if (fs->options.on_event != NULL)
		fs->options.on_event(fs->options.user, event);
}

void session_say(const struct remotefs *fs, const char *format, ...)
{
	char text[OUTPUT_LINE_MAX * 2];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	session_event(fs, &(struct remotefs_event){ .kind = REMOTEFS_EVENT_MESSAGE, .text = text });
}

void session_show(const struct remotefs *fs, const struct argv *argv)
{
	const struct remotefs_event event = { .kind = REMOTEFS_EVENT_COMMAND, .words = argv_words(argv) };

	if (event.words != NULL)
		session_event(fs, &event);
}

int session_cancel_fd(const struct remotefs *fs)
{
	return fs->undoing ? -1 : fs->options.cancel_fd;
}

bool session_scratch(struct remotefs *fs)
{
	if (fs->options.dry_run && fs->scratch.path[0] == '\0' && !scratch_name(fs->scratch.path, "/tmp"))
		return false;
	if (fs->scratch.path[0] != '\0' || scratch_create(&fs->scratch, "/tmp"))
		return true;
	(void)session_fail(fs, REMOTEFS_LOCAL, "a directory in /tmp: %s", strerror(errno));
	fs->fault->status = errno;
	return false;
}

/* A refusal is told once, when the command has ended: judge_refusal(). */
static void on_line(void *user, const char *line)
{
	static const char refusal[] = "rssh-nova: refused: ";
	const struct remotefs *const fs = user;

	if (!fs->hushed && strncmp(line, refusal, sizeof(refusal) - 1) != 0)
		session_say(fs, "%s", line);
}

void session_sum_begin(struct remotefs *fs)
{
	fs->sum.files = fs->sum.data = fs->sum.holes = 0;
	fs->sum.started = clock_ms();
}

void session_sum_end(const struct remotefs *fs, const char *path)
{
	if (fs->sum.files == 0)
		return;
	session_event(fs,
		&(struct remotefs_event){
			.kind = REMOTEFS_EVENT_COPIED,
			.path = path,
			.files = fs->sum.files,
			.done = fs->sum.data,
			.holes = fs->sum.holes,
			.ms = clock_ms() - fs->sum.started,
		});
}

struct ticking {
	struct remotefs *fs;
	const struct command *command;
};

void session_progress(const struct remotefs *fs, struct progress *progress)
{
	progress->shown = true;
	session_event(fs,
		&(struct remotefs_event){
			.kind = REMOTEFS_EVENT_PROGRESS,
			.path = progress->label,
			.done = progress->done,
			.total = progress->total,
			.ms = clock_ms() - progress->started,
		});
}

void session_progress_end(const struct remotefs *fs, struct progress *progress)
{
	if (!progress->shown)
		return;
	if (progress->total != 0)
		progress->done = progress->total;
	session_progress(fs, progress);
}

static bool on_tick(void *user, pid_t pid)
{
	struct ticking *const ticking = user;
	struct progress *const progress = ticking->command->progress;

	if (progress != NULL && progress_look(progress, pid))
		session_progress(ticking->fs, progress);
	/* Reads what the master wrote, too, so that it never waits for us. */
	(void)connection_is_up(ticking->fs, ticking->command->connection);
	return true;
}

static int64_t timeout_of(const struct remotefs *fs, const struct command *command)
{
	if (fs->undoing)
		return UNDO_SECONDS * 1000;
	if (fs->options.timeout_seconds > 0)
		return (int64_t)fs->options.timeout_seconds * 1000;
	return command->progress != NULL ? 0 : SHORT_COMMAND_SECONDS * 1000;
}

/* rsync's exit statuses for a stream that broke: rsync(1), EXIT VALUES. */
static bool is_hang_up(const struct output *output, int status)
{
	return output->hung_up || status == STATUS_SSH || status == 10 || status == 12 || status == 30 || status == 35;
}

static enum remotefs_error judge_refusal(struct remotefs *fs)
{
	const struct output *const output = &fs->output;

	(void)session_fail(fs, REMOTEFS_REFUSED, "%s refused%s%s%s%s", fs->host.name,
		output->reason[0] == '\0' ? "" : ": ", output->reason, output->ref[0] == '\0' ? "" : ", ref ",
		output->ref);
	_Static_assert(sizeof(fs->fault->reason) == sizeof(output->reason), "a reason fits");
	strcpy(fs->fault->reason, output->reason);
	strcpy(fs->fault->ref, output->ref);
	return REMOTEFS_REFUSED;
}

static enum remotefs_error judge_status(struct remotefs *fs, const struct command *command, int status)
{
	const struct output *const output = &fs->output;
	enum remotefs_error error = REMOTEFS_FAILED;

	if (status == 0)
		return REMOTEFS_OK;
	if (output->refused || (status == STATUS_REFUSED && fs->options.transport == REMOTEFS_SSH))
		error = judge_refusal(fs);
	else if (is_hang_up(output, status) && connection_is_lost(fs, command->connection))
		error = session_fail(fs, REMOTEFS_UNREACHABLE, "the connection to %s broke", fs->host.name);
	else if (output->last[0] != '\0')
		(void)session_fail(fs, error, "%s", output->last);
	else
		(void)session_fail(fs, error, "%s ended with status %d", command->argv.at[0], status);
	fs->fault->status = status;
	fs->fault->not_found = output->not_found;
	return error;
}

static enum remotefs_error judge(struct remotefs *fs, const struct command *command, const struct child *child)
{
	const char *const program = command->argv.at[0];

	switch (child->fate) {
	case CHILD_EXITED:
		return judge_status(fs, command, child->status);
	case CHILD_CANCELLED:
		return session_fail(fs, REMOTEFS_CANCELLED, "stopped");
	case CHILD_TIMED_OUT:
		return session_fail(fs, REMOTEFS_TIMED_OUT, "%s did not end within %d s", program,
			(int)(timeout_of(fs, command) / 1000));
	case CHILD_SIGNALLED:
		return session_fail(fs, REMOTEFS_FAILED, "%s was ended by signal %d", program, child->status);
	case CHILD_NOT_STARTED:
	case CHILD_RUNNING:
		break;
	}
	(void)session_fail(fs, REMOTEFS_LOCAL, "%s cannot be run: %s", program, strerror(child->status));
	fs->fault->status = child->status;
	return REMOTEFS_LOCAL;
}

static void child_follow(struct remotefs *fs, struct job *job)
{
	struct ticking ticking = { fs, job->command };
	const struct child_watch watch = {
		.cancel_fd = session_cancel_fd(fs),
		.timeout_ms = timeout_of(fs, job->command),
		.tick_ms = TICK_MS,
		.on_tick = on_tick,
		.user = &ticking,
	};

	(void)child_wait(&job->child, &watch);
}

static void tell_completion(const struct remotefs *fs, pid_t pid)
{
	if (fs->options.on_completion != NULL)
		fs->options.on_completion(fs->options.user, pid);
}

void session_start(struct remotefs *fs, struct job *job, const struct command *command)
{
	const char *const *const words = argv_words(&command->argv);

	*job = (struct job){ .command = command, .child = { .pid = -1, .fate = CHILD_NOT_STARTED } };
	output_init(&job->output, on_line, fs);
	job->child.status = E2BIG;
	if (words == NULL)
		return;
	session_show(fs, &command->argv);
	if (fs->options.dry_run)
		job->child = (struct child){ .pid = -1, .fate = CHILD_EXITED, .status = 0 };
	else if (child_start(&job->child, words, command->wall, &job->output) && fs->options.on_execute != NULL)
		fs->options.on_execute(fs->options.user, job->child.pid);
}

enum remotefs_error session_finish(struct remotefs *fs, struct job *job)
{
	struct progress *const progress = job->command->progress;
	const pid_t pid = job->child.pid;
	enum remotefs_error error;

	if (job->child.fate == CHILD_RUNNING) {
		child_follow(fs, job);
		tell_completion(fs, pid);
	}
	fs->output = job->output;
	error = judge(fs, job->command, &job->child);
	if (error == REMOTEFS_OK && progress != NULL)
		session_progress_end(fs, progress);
	return fs->driver->judge(fs, job->command, error);
}

void session_abort(struct remotefs *fs, struct job *job)
{
	const pid_t pid = job->child.pid;

	if (job->child.fate != CHILD_RUNNING)
		return;
	child_stop(&job->child);
	tell_completion(fs, pid);
}

enum remotefs_error session_run(struct remotefs *fs, const struct command *command)
{
	struct job job;

	session_start(fs, &job, command);
	return session_finish(fs, &job);
}
