/* SPDX-License-Identifier: Apache-2.0 */
#include "sender/copy.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sender/connection.h"
#include "sender/pace.h"
#include "sender/resume.h"
#include "sender/sftp_large.h"
#include "sender/sftp_pull.h"
#include "sender/sftp_push.h"
#include "sender/ssh_driver.h"

enum {
	START_MS = 60 * 1000, /* for the first reply of a server on an open connection */
	STATUS_REFUSED = 77,  /* of rssh-nova(8) */
	STATUS_SSH = 255,     /* ssh(1): its own error, or a broken connection */
};

/* A session, and the state of its callbacks during one copy. */
struct copying {
	struct sftp_copy sftp;
	struct remotefs *fs;
	enum connection_kind connection;
	struct argv argv;
	struct progress *progress;
	struct resume_file *file; /* the entry of the copy in the record, or NULL */
	char last[sizeof(((struct remotefs_fault *)NULL)->text)];
};

bool copy_is_wanted(const struct remotefs *fs)
{
	return fs->options.transport == REMOTEFS_SSH && !fs->options.scp_legacy && !fs->no_sftp;
}

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

	if (copying->progress->done > 0)
		context_progress(copying->fs, copying->progress);
	if (copying->file != NULL && sftp_large_where(&copying->sftp, &copying->file->at))
		resume_write_now_and_then(copying->fs->resume);
	/* Also reads the output of the master, so that it never blocks. */
	(void)connection_is_up(copying->fs, copying->connection);
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

/* Returns the exit status of the session, 0 if there was none. */
static int session_forget(struct remotefs *fs, enum connection_kind connection)
{
	struct copying *const copying = fs->copies[connection];
	int status;

	if (copying == NULL)
		return 0;
	status = sftp_copy_close(&copying->sftp);
	free(copying);
	fs->copies[connection] = NULL;
	return status;
}

void copies_close(struct remotefs *fs)
{
	for (unsigned kind = 0; kind < CONNECTION_KINDS; kind++)
		(void)session_forget(fs, kind);
}

enum remotefs_error copies_end(struct remotefs *fs)
{
	int worst = 0;

	for (unsigned kind = 0; kind < CONNECTION_KINDS; kind++) {
		const int status = session_forget(fs, kind);

		/* A connection that breaks after the last acknowledgement proves nothing about the files. */
		if (status != STATUS_SSH && status > worst)
			worst = status;
	}
	if (worst == 0)
		return REMOTEFS_OK;
	/* sshd drops the line with the reason. */
	return context_fail(fs, worst == STATUS_REFUSED ? REMOTEFS_REFUSED : REMOTEFS_FAILED,
		"%s did not take what was copied (status %d): its audit says why", fs->host.name, worst);
}

static enum remotefs_error fail_lost(struct remotefs *fs, enum connection_kind connection)
{
	if (connection_is_lost(fs, connection))
		return context_fail(fs, REMOTEFS_UNREACHABLE, "the connection to %s broke", fs->host.name);
	if (ssh_why_closed(fs, connection) == REMOTEFS_REFUSED)
		return REMOTEFS_REFUSED;
	return context_fail(fs, REMOTEFS_FAILED, "%s ended the SFTP session", fs->host.name);
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
	case SFTP_LOCAL:
		return context_fail(fs, REMOTEFS_LOCAL, "%s cannot be run: %s", fs->options.ssh,
			strerror(copying->sftp.session.child.status));
	case SFTP_LOST:
	case SFTP_NOT_SERVED:
		break;
	}
	return fail_lost(fs, copying->connection);
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
	static const struct sftp_calls calls = { prepare, is_refused, say, on_tick, on_progress, on_child };
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

/* The session of a connection, opened if needed, for the next copy. Returns NULL and sets *error, or clears *served. */
static struct copying *session_need(struct remotefs *fs, enum connection_kind connection, struct progress *progress,
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
	(void)session_forget(fs, connection);
	return NULL;
}

/* Ends a copy. A session with an error is not used again. */
static enum remotefs_error copy_end(struct copying *copying, bool good)
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
		(void)session_forget(fs, connection);
	return error;
}

static void dry_run_show(struct remotefs *fs, const struct transfer *transfer)
{
	const bool push = transfer->direction == REMOTEFS_PUSH;
	struct argv argv;

	argv_init(&argv);
	argv_add(&argv, push ? "put" : "get");
	argv_add(&argv, push ? transfer->local : transfer->remote);
	argv_add(&argv, push ? transfer->remote : transfer->local);
	context_show(fs, &argv);
}

/* Shows the command that would start the session, once, and what it would do, in words of sftp(1). */
static enum remotefs_error dry_run(
	struct remotefs *fs, const struct transfer *transfer, enum connection_kind connection)
{
	struct argv argv;

	if (!context_scratch(fs) || !connection_need(fs, connection))
		return fs->fault->error;
	ssh_sftp_words(&argv, fs, connection);
	if (!fs->sftp_shown[connection])
		context_show(fs, &argv);
	fs->sftp_shown[connection] = true;
	dry_run_show(fs, transfer);
	return REMOTEFS_OK;
}

/* The session for a copy. Returns NULL and sets *error on failure and after a dry run. */
static struct copying *copy_begin(
	struct remotefs *fs, const struct transfer *transfer, enum remotefs_error *error, bool *served)
{
	const enum connection_kind connection = ssh_copy_connection(fs, transfer);

	*served = true;
	*error = REMOTEFS_OK;
	if (!fs->options.dry_run)
		return session_need(fs, connection, transfer->progress, error, served);
	*error = dry_run(fs, transfer, connection);
	return NULL;
}

/* The entry of a file in the record. Small files, and files below a directory, have none. */
static struct resume_file *resume_row(const struct remotefs *fs, const struct transfer *transfer)
{
	const char *const name = strrchr(transfer->remote, '/') + 1;
	const char *const local = strrchr(transfer->local, '/');
	struct stat st;

	if (fs->resume == NULL || local == NULL || strcmp(local + 1, name) != 0 || stat(transfer->local, &st) != 0 ||
		!S_ISREG(st.st_mode) || st.st_size <= SFTP_SMALL_MAX)
		return NULL;
	return resume_need(fs->resume, name);
}

/* Did an earlier run send the whole file, and are both files unchanged? */
static bool was_sent(struct copying *copying, const struct transfer *transfer)
{
	const struct resume_file *const file = copying->file;
	struct sftp_near near;
	struct sftp_attrs attrs;
	struct stat st;

	if (file == NULL || !file->at.is_set || !file->done || stat(transfer->local, &st) != 0)
		return false;
	near = sftp_near_of(&st);
	if (sftp_near_equal(&near, &file->at.near) && sftp_look(&copying->sftp, transfer->remote, &attrs) &&
		attrs.has_mode && S_ISREG(attrs.mode) && attrs.has_size && attrs.size == near.size && attrs.has_times &&
		attrs.mtime == file->at.mtime)
		return true;
	if (copying->sftp.session.broken == SFTP_WHOLE)
		context_say(copying->fs, "%s is not as it was left, here or there; it is sent from its beginning",
			transfer->remote);
	return false;
}

/* Notes that the whole file was sent, and its time, which a later run compares. */
static void note_sent(struct copying *copying, const struct transfer *transfer)
{
	struct resume_file *const file = copying->file;
	struct sftp_attrs attrs;

	if (file == NULL)
		return;
	file->at.is_set = false;
	if (sftp_look(&copying->sftp, transfer->remote, &attrs) && attrs.has_times) {
		file->done = true;
		file->at = (struct sftp_resume){
			.is_set = true,
			.mtime = attrs.mtime,
			.near = sftp_near_of(&copying->sftp.slots[SFTP_LARGE].st), /* at its opening */
		};
	}
	resume_write(copying->fs->resume);
}

static enum remotefs_error copying_push(struct copying *copying, const struct transfer *transfer)
{
	copying->file = resume_row(copying->fs, transfer);
	if (was_sent(copying, transfer)) {
		context_say(copying->fs, "%s was sent by the earlier run", transfer->remote);
		return REMOTEFS_OK;
	}
	if (copying->file != NULL && !copying->file->done)
		copying->sftp.resume = copying->file->at;
	if (copying->file != NULL && copying->file->done)
		copying->file->done = copying->file->at.is_set = false;
	if (!sftp_push(&copying->sftp, transfer->local, transfer->remote)) {
		if (copying->file != NULL)
			resume_write(copying->fs->resume);
		return copy_end(copying, false);
	}
	note_sent(copying, transfer);
	return copy_end(copying, true);
}

enum remotefs_error copy_push(struct remotefs *fs, const struct transfer *transfer, bool *served, bool *begun)
{
	enum remotefs_error error;
	struct copying *const copying = copy_begin(fs, transfer, &error, served);

	*begun = copying != NULL;
	return *begun ? copying_push(copying, transfer) : error;
}

static enum remotefs_error fail_local(struct remotefs *fs, const char *path)
{
	const int saved = errno;

	(void)context_fail(fs, REMOTEFS_LOCAL, "%s: %s", path, strerror(saved));
	fs->fault->status = saved;
	return REMOTEFS_LOCAL;
}

static enum remotefs_error copying_pull(struct copying *copying, const struct transfer *transfer)
{
	struct remotefs *const fs = copying->fs;
	struct sftp_attrs attrs;
	enum remotefs_error error;
	int fd;

	if (!sftp_look(&copying->sftp, transfer->remote, &attrs))
		return copy_end(copying, false);
	if (!attrs.has_mode || !S_ISREG(attrs.mode))
		return context_fail(
			fs, REMOTEFS_FAILED, "%s on %s is not a regular file", transfer->remote, fs->host.name);
	fd = sftp_pull_create(transfer->local, &attrs);
	if (fd < 0)
		return fail_local(fs, transfer->local);
	error = copy_end(copying, sftp_pull(&copying->sftp, transfer->remote, &attrs, fd));
	if (close(fd) != 0 && error == REMOTEFS_OK)
		return fail_local(fs, transfer->local);
	return error;
}

enum remotefs_error copy_pull(struct remotefs *fs, const struct transfer *transfer, bool *served)
{
	enum remotefs_error error;
	struct copying *const copying = copy_begin(fs, transfer, &error, served);

	return copying == NULL ? error : copying_pull(copying, transfer);
}
