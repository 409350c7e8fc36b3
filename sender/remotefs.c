/* SPDX-License-Identifier: Apache-2.0 */
#include "sender/remotefs.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sender/copy.h"
#include "sender/copying.h"
#include "sender/pull.h"
#include "sender/push.h"
#include "sender/connection.h"

static const char *or_default(const char *program, const char *initial)
{
	return program == NULL ? initial : program;
}

static const struct driver *driver_of(enum remotefs_transport transport)
{
	switch (transport) {
	case REMOTEFS_SSH:
		return &ssh_driver;
	case REMOTEFS_RSYNC:
		return &rsync_driver;
	case REMOTEFS_NONE:
		break;
	}
	return NULL;
}

static struct remotefs *open_failed(struct remotefs_fault *fault, enum remotefs_error error, const char *text)
{
	*fault = (struct remotefs_fault){ .error = error, .status = -1 };
	(void)snprintf(fault->text, sizeof(fault->text), "%s", text);
	return NULL;
}

struct remotefs *remotefs_open(const char *host, const struct remotefs_options *options, struct remotefs_fault *fault)
{
	const struct driver *const driver = driver_of(options->transport);
	struct host parsed;
	const enum address_error error = host_parse(&parsed, host);
	struct remotefs *fs;

	if (error != ADDRESS_OK)
		return open_failed(fault, REMOTEFS_BAD_ARGUMENT, address_error_text(error));
	if (driver == NULL)
		return open_failed(fault, REMOTEFS_BAD_ARGUMENT, "no transport was chosen");
	fs = calloc(1, sizeof(*fs));
	if (fs == NULL)
		return open_failed(fault, REMOTEFS_LOCAL, strerror(errno));
	fs->options = *options;
	fs->options.ssh = or_default(options->ssh, "/usr/bin/ssh");
	fs->options.scp = or_default(options->scp, "/usr/bin/scp");
	fs->options.rsync = or_default(options->rsync, "/usr/bin/rsync");
	fs->host = parsed;
	fs->driver = driver;
	fs->fault = fault;
	return fs;
}

void remotefs_close(struct remotefs *fs)
{
	if (fs == NULL)
		return;
	copies_close(fs);
	connections_close(fs);
	if (fs->scratch.janitor > 0)
		scratch_remove(&fs->scratch);
	free(fs);
}

/* Every operation begins here: where its fault goes, and whether its path may go to the other end. */
static enum remotefs_error begin(struct remotefs *fs, const char *path, struct remotefs_fault *fault)
{
	const enum address_error error = remote_path_check(path);

	fs->fault = fault;
	*fault = (struct remotefs_fault){ .error = REMOTEFS_OK, .status = 0 };
	if (error != ADDRESS_OK)
		return context_fail(fs, REMOTEFS_BAD_ARGUMENT, "%s: %s", path, address_error_text(error));
	return REMOTEFS_OK;
}

static enum remotefs_error run(struct remotefs *fs, path_begin *prepare, const char *path, struct remotefs_fault *fault)
{
	struct command command;
	enum remotefs_error error = begin(fs, path, fault);

	if (error == REMOTEFS_OK)
		error = prepare(fs, path, &command);
	return error == REMOTEFS_OK ? job_run(fs, &command) : error;
}

enum remotefs_error remotefs_create_file(struct remotefs *fs, const char *path, struct remotefs_fault *fault)
{
	return run(fs, fs->driver->create_file, path, fault);
}

enum remotefs_error remotefs_remove_file(struct remotefs *fs, const char *path, struct remotefs_fault *fault)
{
	return run(fs, fs->driver->remove_file, path, fault);
}

enum remotefs_error remotefs_create_dir(struct remotefs *fs, const char *path, struct remotefs_fault *fault)
{
	return run(fs, fs->driver->create_dir, path, fault);
}

enum remotefs_error remotefs_remove_dir(struct remotefs *fs, const char *path, struct remotefs_fault *fault)
{
	const enum remotefs_error error = begin(fs, path, fault);

	return error == REMOTEFS_OK ? fs->driver->remove_dir(fs, path) : error;
}

static bool copied_name(const void *user, size_t number, char out[SFTP_PATH_MAX])
{
	const struct remotefs_copy *const copy = user;

	(void)snprintf(out, SFTP_PATH_MAX, "%s", copy->remote);
	return number == 0;
}

static enum remotefs_error push(struct remotefs *fs, const struct remotefs_copy *copy)
{
	bool begun;
	enum remotefs_error error = push_run(fs, copy, &begun);

	if (error == REMOTEFS_OK)
		error = copies_end(fs, &(struct copied){ copied_name, copy, false });
	if (begun && error != REMOTEFS_OK && error != REMOTEFS_REFUSED)
		context_say(fs, "%s may be incomplete on %s", copy->remote, fs->host.name);
	return error;
}

static enum remotefs_error pull_into(struct remotefs *fs, const struct pull *pull, const struct remotefs_copy *copy)
{
	struct progress progress;
	struct command command;
	const struct transfer transfer = {
		.direction = REMOTEFS_PULL,
		.local = pull->received,
		.remote = copy->remote,
		.compress = copy->compress,
		.progress = &progress,
		.wall = pull->wall,
	};
	enum remotefs_error error = REMOTEFS_OK;
	bool served = false;

	progress_of_pull(&progress, copy->remote, pull->scratch.path);
	if (copy_is_wanted(fs))
		error = copy_pull(fs, &transfer, &served);
	if (served)
		return error;
	error = fs->driver->copy(fs, &transfer, &command);
	return error == REMOTEFS_OK ? job_run(fs, &command) : error;
}

static enum remotefs_error pull(struct remotefs *fs, const struct remotefs_copy *copy)
{
	char local[SCRATCH_PATH_MAX];
	struct pull pull;
	enum remotefs_error error = local_name(local, fs, copy->local);

	if (error != REMOTEFS_OK)
		return error;
	if (!pull_begin(&pull, fs, local, copy->remote))
		return fs->fault->error;
	error = pull_into(fs, &pull, copy);
	if (error == REMOTEFS_OK)
		error = pull_finish(&pull, fs);
	pull_end(&pull);
	return error;
}

enum remotefs_error remotefs_copy_file(
	struct remotefs *fs, const struct remotefs_copy *copy, struct remotefs_fault *fault)
{
	enum remotefs_error error = begin(fs, copy->remote, fault);

	if (error != REMOTEFS_OK)
		return error;
	context_sum_begin(fs);
	error = copy->direction == REMOTEFS_PUSH ? push(fs, copy) : pull(fs, copy);
	if (error == REMOTEFS_OK)
		context_sum_end(fs, copy->remote);
	return error;
}

bool remotefs_compresses(const char *local)
{
	static const char qcow2[] = { 'Q', 'F', 'I', '\xfb' };
	char magic[sizeof(qcow2)];
	const int fd = open(local, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	const bool is_qcow2 = fd >= 0 && read(fd, magic, sizeof(magic)) == (ssize_t)sizeof(magic) &&
		memcmp(magic, qcow2, sizeof(qcow2)) == 0;

	if (fd >= 0)
		close(fd);
	return !is_qcow2;
}
