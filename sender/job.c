/* SPDX-License-Identifier: Apache-2.0 */
#include "sender/job.h"

#include <errno.h>
#include <string.h>

#include "sender/connection.h"

enum {
	TICK_MS = 200,
	SHORT_COMMAND_SECONDS = 60,
	UNDO_SECONDS = 30,
	STATUS_REFUSED = 77, /* of rssh-nova */
	STATUS_SSH = 255,
};

/* Hides a refusal, because judge_refusal() reports it when the command has ended. */
static void on_line(void *user, const char *line)
{
	static const char refusal[] = "rssh-nova: refused: ";
	const struct remotefs *const fs = user;

	if (!fs->hushed && strncmp(line, refusal, sizeof(refusal) - 1) != 0)
		context_say(fs, "%s", line);
}

struct ticking {
	struct remotefs *fs;
	const struct command *command;
};

static bool on_tick(void *user, pid_t pid)
{
	struct ticking *const ticking = user;
	struct progress *const progress = ticking->command->progress;

	if (progress != NULL && progress_look(progress, pid))
		context_progress(ticking->fs, progress);
	/* Also reads the output of the master, so that it never blocks. */
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

/* Includes rsync's exit statuses for a broken stream: rsync(1), EXIT VALUES. */
static bool is_hang_up(const struct output *output, int status)
{
	return output->hung_up || status == STATUS_SSH || status == 10 || status == 12 || status == 30 || status == 35;
}

static enum remotefs_error judge_refusal(struct remotefs *fs)
{
	const struct output *const output = &fs->output;

	(void)context_fail(fs, REMOTEFS_REFUSED, "%s refused%s%s%s%s", fs->host.name,
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
		error = context_fail(fs, REMOTEFS_UNREACHABLE, "the connection to %s broke", fs->host.name);
	else if (output->last[0] != '\0')
		(void)context_fail(fs, error, "%s", output->last);
	else
		(void)context_fail(fs, error, "%s ended with status %d", command->argv.at[0], status);
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
		return context_fail(fs, REMOTEFS_CANCELLED, "stopped");
	case CHILD_TIMED_OUT:
		return context_fail(fs, REMOTEFS_TIMED_OUT, "%s did not end within %d s", program,
			(int)(timeout_of(fs, command) / 1000));
	case CHILD_SIGNALLED:
		return context_fail(fs, REMOTEFS_FAILED, "%s was ended by signal %d", program, child->status);
	case CHILD_NOT_STARTED:
	case CHILD_RUNNING:
		break;
	}
	(void)context_fail(fs, REMOTEFS_LOCAL, "%s cannot be run: %s", program, strerror(child->status));
	fs->fault->status = child->status;
	return REMOTEFS_LOCAL;
}

static void child_follow(struct remotefs *fs, struct job *job)
{
	struct ticking ticking = { fs, job->command };
	const struct child_watch watch = {
		.cancel_fd = context_cancel_fd(fs),
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

void job_start(struct remotefs *fs, struct job *job, const struct command *command)
{
	const char *const *const words = argv_words(&command->argv);

	*job = (struct job){ .command = command, .child = { .pid = -1, .fate = CHILD_NOT_STARTED } };
	output_init(&job->output, on_line, fs);
	job->child.status = E2BIG;
	if (words == NULL)
		return;
	context_show(fs, &command->argv);
	if (fs->options.dry_run)
		job->child = (struct child){ .pid = -1, .fate = CHILD_EXITED, .status = 0 };
	else if (child_start(&job->child, words, command->wall, &job->output) && fs->options.on_execute != NULL)
		fs->options.on_execute(fs->options.user, job->child.pid);
}

enum remotefs_error job_finish(struct remotefs *fs, struct job *job)
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
		context_progress_end(fs, progress);
	return fs->driver->judge(fs, job->command, error);
}

void job_abort(struct remotefs *fs, struct job *job)
{
	const pid_t pid = job->child.pid;

	if (job->child.fate != CHILD_RUNNING)
		return;
	child_stop(&job->child);
	tell_completion(fs, pid);
}

enum remotefs_error job_run(struct remotefs *fs, const struct command *command)
{
	struct job job;

	job_start(fs, &job, command);
	return job_finish(fs, &job);
}
