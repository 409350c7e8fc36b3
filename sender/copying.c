/* SPDX-License-Identifier: Apache-2.0 */
#include "sender/copying.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sender/connection.h"
#include "sender/pace.h"
#include "sender/resume.h"
#include "sender/sftp_large.h"
#include "sender/sftp_pull.h"
#include "sender/ssh_driver.h"

enum {
	START_MS = 60 * 1000, /* for the first reply of a server on an open connection */
	STATUS_REFUSED = 77,  /* of rssh-nova(8) */
};

static void on_line(void *user, const char *line)
{
	struct copying *const copying = user;

	context_say(copying->fs, "%s", line);
}

static bool prepare(void *user, struct sftp_program *out)
{
	struct copying *const copying = user;
	struct remotefs *const fs = copying->fs;

	if (!context_scratch(fs) || !connection_need(fs, copying->connection))
		return false;
	ssh_sftp_words(&copying->argv, fs, copying->connection);
	context_show(fs, &copying->argv);
	*out = (struct sftp_program){
		.words = argv_words(&copying->argv),
		.on_line = on_line,
		.user = copying,
		.start_ms = START_MS,
	};
	return out->words != NULL;
}

/* Escapes names of files and words of the far end, as output.h does. */
static void say_line(void *user, const char *line)
{
	struct copying *const copying = user;

	(void)snprintf(copying->last, sizeof(copying->last), "%s", line);
	context_say(copying->fs, "%s", line);
}

static void say(void *user, const char *text)
{
	struct output output;

	output_init(&output, say_line, user);
	output_feed(&output, text, strlen(text));
	output_end(&output);
}

static void on_tick(void *user)
{
	const struct copying *const copying = user;

	if (copying->progress != NULL && copying->progress->done > 0)
		context_progress(copying->fs, copying->progress);
	if (copying->file != NULL && sftp_large_where(&copying->sftp, &copying->file->at))
		resume_write_now_and_then(copying->fs->resume);
	/* Also reads the output of the master, so that it never blocks. */
	(void)connection_is_up(copying->fs, copying->connection);
}

static void on_wait(void *user)
{
	const struct remotefs *const fs = ((struct copying *)user)->fs;

	context_say(fs, "everything was sent; waits until %s has judged it", fs->host.name);
}

static void on_progress(void *user, uint64_t bytes)
{
	struct progress *const progress = ((struct copying *)user)->progress;

	pace_count(&progress->done, progress->total, bytes);
}

static bool is_refused(void *user)
{
	struct copying *const copying = user;

	return ssh_why_closed(copying->fs, copying->connection) == REMOTEFS_REFUSED;
}

static int64_t end_of(const struct remotefs *fs)
{
	return fs->options.timeout_seconds > 0 ? clock_ms() + (int64_t)fs->options.timeout_seconds * 1000 : 0;
}

static void session_forget(struct remotefs *fs, enum connection_kind connection)
{
	struct copying *const copying = fs->copies[connection];

	if (copying == NULL)
		return;
	(void)sftp_copy_close(&copying->sftp);
	free(copying);
	fs->copies[connection] = NULL;
}

void copies_close(struct remotefs *fs)
{
	for (unsigned kind = 0; kind < CONNECTION_KINDS; kind++)
		session_forget(fs, kind);
}

static enum remotefs_error fail_lost(struct remotefs *fs, enum connection_kind connection, bool sent)
{
	const char *const when = sent ? " before it said whether it takes what was copied" : "";

	if (connection_is_lost(fs, connection))
		return context_fail(fs, REMOTEFS_UNREACHABLE, "the connection to %s broke%s", fs->host.name, when);
	if (ssh_why_closed(fs, connection) == REMOTEFS_REFUSED)
		return REMOTEFS_REFUSED;
	return context_fail(fs, REMOTEFS_FAILED, "%s ended the SFTP session%s", fs->host.name, when);
}

/* The fault of a failed copy. */
static enum remotefs_error judge(struct copying *copying)
{
	struct remotefs *const fs = copying->fs;

	switch (copying->sftp.session.broken) {
	case SFTP_WHOLE:
		return context_fail(fs, REMOTEFS_FAILED, "%s", copying->last);
	case SFTP_STOPPED:
		return context_fail(fs, REMOTEFS_CANCELLED, "stopped");
	case SFTP_TIMED_OUT:
		return context_fail(
			fs, REMOTEFS_TIMED_OUT, "the copy did not end within %d s", fs->options.timeout_seconds);
	case SFTP_LIED:
		return context_fail(fs, REMOTEFS_FAILED, "%s broke the rules of SFTP", fs->host.name);
	case SFTP_UNHEARD:
		return context_fail(fs, REMOTEFS_TIMED_OUT,
			"%s has not said within %d minutes whether it takes what was copied: see its audit, then copy "
			"again",
			fs->host.name, SFTP_FINISH_MINUTES);
	case SFTP_LOCAL:
		return context_fail(fs, REMOTEFS_LOCAL, "%s cannot be run: %s", fs->options.ssh,
			strerror(copying->sftp.session.child.status));
	case SFTP_LOST:
	case SFTP_NOT_SERVED:
		break;
	}
	return fail_lost(fs, copying->connection, copying->sent);
}

/* No session began. Returns a refusal or another error; otherwise clears *served, so that scp tries. */
static enum remotefs_error not_begun(struct copying *copying, bool *served)
{
	struct remotefs *const fs = copying->fs;
	const enum sftp_broken broken = copying->sftp.session.broken;
	enum remotefs_error error = fs->fault->error;

	if (error == REMOTEFS_OK && broken != SFTP_NOT_SERVED)
		error = judge(copying);
	else if (error == REMOTEFS_OK)
		error = ssh_why_closed(fs, copying->connection);
	*served = error != REMOTEFS_FAILED;
	fs->no_sftp = !*served;
	return error;
}

static void on_child(void *user, pid_t pid, bool begun)
{
	const struct remotefs_options *const options = &((struct copying *)user)->fs->options;

	if (begun && options->on_execute != NULL)
		options->on_execute(options->user, pid);
	if (!begun && options->on_completion != NULL)
		options->on_completion(options->user, pid);
}

static bool slot_take(struct copying *copying)
{
	static const struct sftp_calls calls = { prepare, is_refused, say, on_tick, on_progress, on_child, on_wait };
	const struct remotefs *const fs = copying->fs;

	return sftp_copy_open(&copying->sftp,
		&(struct sftp_host){
			&calls, copying, context_cancel_fd(fs), end_of(fs), fs->options.retries, fs->options.dense });
}

/* A connection that broke before the session began does not prove that the server lacks SFTP. */
static bool is_cut_off(struct copying *copying)
{
	return copying->sftp.session.broken == SFTP_NOT_SERVED && copying->fs->fault->error == REMOTEFS_OK &&
		connection_is_lost(copying->fs, copying->connection);
}

static bool session_begin_again(struct copying *copying)
{
	for (int attempt = 0; attempt < copying->fs->options.retries && is_cut_off(copying); attempt++) {
		(void)sftp_copy_close(&copying->sftp);
		context_say(copying->fs, "the connection was lost; trying again");
		if (slot_take(copying))
			return true;
	}
	return false;
}

struct copying *copying_need(struct remotefs *fs, enum connection_kind connection, struct progress *progress,
	enum remotefs_error *error, bool *served)
{
	struct copying *copying = fs->copies[connection];

	*served = true;
	if (copying != NULL) {
		copying->progress = progress;
		sftp_copy_limit(&copying->sftp, end_of(fs));
		return copying;
	}
	copying = calloc(1, sizeof(*copying));
	if (copying == NULL) {
		*error = context_fail(fs, REMOTEFS_LOCAL, "%s", strerror(ENOMEM));
		return NULL;
	}
	fs->copies[connection] = copying;
	copying->fs = fs;
	copying->connection = connection;
	copying->progress = progress;
	copying->last[0] = '\0';
	if (slot_take(copying) || session_begin_again(copying))
		return copying;
	*error = not_begun(copying, served);
	session_forget(fs, connection);
	return NULL;
}

enum remotefs_error copying_end(struct copying *copying, bool good)
{
	struct remotefs *const fs = copying->fs;
	const enum connection_kind connection = copying->connection;
	struct progress *const progress = copying->progress;
	enum remotefs_error error = REMOTEFS_OK;

	if (!good)
		error = judge(copying);
	else
		context_progress_end(fs, progress);
	fs->sum.files += (int64_t)copying->sftp.tally.files;
	fs->sum.data += (int64_t)copying->sftp.tally.data;
	fs->sum.holes += (int64_t)copying->sftp.tally.holes;
	copying->sftp.tally = (struct sftp_tally){ .files = 0 };
	if (!good)
		session_forget(fs, connection);
	return error;
}

/* Waits for the far end's verdict over the files of a session. */
static enum remotefs_error session_finish(struct copying *copying)
{
	struct remotefs *const fs = copying->fs;
	int status = 0;

	copying->progress = NULL;
	copying->file = NULL;
	copying->sent = true;
	sftp_copy_limit(&copying->sftp, end_of(fs));
	if (!sftp_copy_finish(&copying->sftp, &status))
		return judge(copying);
	if (status == 0)
		return REMOTEFS_OK;
	/* sshd drops the line with the reason. */
	return context_fail(fs, status == STATUS_REFUSED ? REMOTEFS_REFUSED : REMOTEFS_FAILED,
		"%s did not take what was copied (status %d): its audit says why", fs->host.name, status);
}

/* In a new session: is all that was copied still there? rssh-nova deletes what it refuses. */
static enum remotefs_error copied_look(struct copying *copying, const struct copied *copied)
{
	struct remotefs *const fs = copying->fs;
	char remote[SFTP_PATH_MAX];
	struct sftp_attrs attrs;

	sftp_copy_limit(&copying->sftp, end_of(fs));
	if (!sftp_copy_begin(&copying->sftp))
		return judge(copying);
	for (size_t i = 0; copied->name(copied->user, i, remote); i++) {
		if (sftp_look(&copying->sftp, remote, &attrs))
			continue;
		if (copying->sftp.session.broken != SFTP_WHOLE)
			return judge(copying);
		return context_fail(fs, REMOTEFS_FAILED,
			"%s is gone from %s since the connection was lost: its audit says why", remote, fs->host.name);
	}
	return session_finish(copying);
}

enum remotefs_error copies_end(struct remotefs *fs, const struct copied *copied)
{
	enum remotefs_error error = REMOTEFS_OK;
	struct copying *last = NULL;
	bool unheard = copied->unheard;

	for (unsigned kind = 0; kind < CONNECTION_KINDS && error == REMOTEFS_OK; kind++) {
		if (fs->copies[kind] == NULL)
			continue;
		last = fs->copies[kind];
		error = session_finish(last);
		unheard = unheard || last->sftp.unheard;
	}
	if (error == REMOTEFS_OK && last != NULL && unheard)
		error = copied_look(last, copied);
	copies_close(fs);
	return error;
}
