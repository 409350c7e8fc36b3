/* SPDX-License-Identifier: Apache-2.0 */
#include "sender/copy.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sender/connection.h"
#include "sender/copying.h"
#include "sender/resume.h"
#include "sender/sftp_large.h"
#include "sender/sftp_pull.h"
#include "sender/sftp_push.h"
#include "sender/ssh_driver.h"

bool copy_is_wanted(const struct remotefs *fs)
{
	return fs->options.transport == REMOTEFS_SSH && !fs->options.scp_legacy && !fs->no_sftp;
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
		return copying_need(fs, connection, transfer->progress, error, served);
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

static enum remotefs_error file_push(struct copying *copying, const struct transfer *transfer)
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
		return copying_end(copying, false);
	}
	note_sent(copying, transfer);
	return copying_end(copying, true);
}

enum remotefs_error copy_push(struct remotefs *fs, const struct transfer *transfer, bool *served, bool *begun)
{
	enum remotefs_error error;
	struct copying *const copying = copy_begin(fs, transfer, &error, served);

	*begun = copying != NULL;
	return *begun ? file_push(copying, transfer) : error;
}

static enum remotefs_error fail_local(struct remotefs *fs, const char *path)
{
	const int saved = errno;

	(void)context_fail(fs, REMOTEFS_LOCAL, "%s: %s", path, strerror(saved));
	fs->fault->status = saved;
	return REMOTEFS_LOCAL;
}

static enum remotefs_error file_pull(struct copying *copying, const struct transfer *transfer)
{
	struct remotefs *const fs = copying->fs;
	struct sftp_attrs attrs;
	enum remotefs_error error;
	int fd;

	if (!sftp_look(&copying->sftp, transfer->remote, &attrs))
		return copying_end(copying, false);
	if (!attrs.has_mode || !S_ISREG(attrs.mode))
		return context_fail(
			fs, REMOTEFS_FAILED, "%s on %s is not a regular file", transfer->remote, fs->host.name);
	fd = sftp_pull_create(transfer->local, &attrs);
	if (fd < 0)
		return fail_local(fs, transfer->local);
	error = copying_end(copying, sftp_pull(&copying->sftp, transfer->remote, &attrs, fd));
	if (close(fd) != 0 && error == REMOTEFS_OK)
		return fail_local(fs, transfer->local);
	return error;
}

enum remotefs_error copy_pull(struct remotefs *fs, const struct transfer *transfer, bool *served)
{
	enum remotefs_error error;
	struct copying *const copying = copy_begin(fs, transfer, &error, served);

	return copying == NULL ? error : file_pull(copying, transfer);
}
