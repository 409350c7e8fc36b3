/* SPDX-License-Identifier: Apache-2.0 */
#include "sender/push.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "sender/copy.h"

enum remotefs_error local_name(char out[SCRATCH_PATH_MAX], struct remotefs *fs, const char *local)
{
	const bool plain = local[0] == '/' || local[0] == '.';
	const int len = snprintf(out, SCRATCH_PATH_MAX, "%s%s", plain ? "" : "./", local);
	bool control = false;

	for (const char *at = local; *at != '\0'; at++)
		control = control || (unsigned char)*at < ' ' || *at == 0x7f;
	if (!control && local[0] != '\0' && local[0] != '-' && len < SCRATCH_PATH_MAX)
		return REMOTEFS_OK;
	return context_fail(fs, REMOTEFS_BAD_ARGUMENT,
		"a local name is not empty, does not begin with '-' and has no control bytes");
}

static enum remotefs_error look(struct push *push, struct remotefs *fs)
{
	int saved;

	if (progress_of_push(&push->progress, push->local))
		return REMOTEFS_OK;
	saved = errno;
	(void)context_fail(fs, REMOTEFS_LOCAL, "%s: %s", push->local, strerror(saved));
	fs->fault->status = saved;
	return REMOTEFS_LOCAL;
}

static struct transfer transfer_of(struct push *push, const struct remotefs_copy *copy)
{
	return (struct transfer){
		.direction = REMOTEFS_PUSH,
		.local = push->local,
		.remote = copy->remote,
		.compress = copy->compress,
		.progress = &push->progress,
		.wall = -1,
	};
}

static enum remotefs_error prepare(struct push *push, struct remotefs *fs, const struct remotefs_copy *copy)
{
	const enum remotefs_error error = local_name(push->local, fs, copy->local);

	return error == REMOTEFS_OK ? look(push, fs) : error;
}

enum remotefs_error push_begin(struct push *out, struct remotefs *fs, const struct remotefs_copy *copy)
{
	const struct transfer transfer = transfer_of(out, copy);
	enum remotefs_error error = prepare(out, fs, copy);

	if (error != REMOTEFS_OK)
		return error;
	error = fs->driver->copy(fs, &transfer, &out->command);
	if (error != REMOTEFS_OK) {
		progress_close(&out->progress);
		return error;
	}
	job_start(fs, &out->job, &out->command);
	return REMOTEFS_OK;
}

enum remotefs_error push_finish(struct push *push, struct remotefs *fs)
{
	const enum remotefs_error error = job_finish(fs, &push->job);

	progress_close(&push->progress);
	return error;
}

void push_abort(struct push *push, struct remotefs *fs)
{
	job_abort(fs, &push->job);
	progress_close(&push->progress);
}

static enum remotefs_error push_by_sftp(
	struct remotefs *fs, const struct remotefs_copy *copy, bool *served, bool *begun)
{
	struct push push;
	const struct transfer transfer = transfer_of(&push, copy);
	enum remotefs_error error = prepare(&push, fs, copy);

	*served = true;
	if (error != REMOTEFS_OK)
		return error;
	error = copy_push(fs, &transfer, served, begun);
	progress_close(&push.progress);
	return error;
}

enum remotefs_error push_run(struct remotefs *fs, const struct remotefs_copy *copy, bool *begun)
{
	bool served = false;
	enum remotefs_error error = REMOTEFS_OK;
	struct push push;

	*begun = false;
	if (copy_is_wanted(fs))
		error = push_by_sftp(fs, copy, &served, begun);
	if (served)
		return error;
	error = push_begin(&push, fs, copy);
	*begun = error == REMOTEFS_OK;
	return *begun ? push_finish(&push, fs) : error;
}
