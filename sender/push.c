#include "sender/push.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum remotefs_error local_name(char out[SCRATCH_PATH_MAX], struct remotefs *fs, const char *local)
{
	const bool plain = local[0] == '/' || local[0] == '.';
	const int len = snprintf(out, SCRATCH_PATH_MAX, "%s%s", plain ? "" : "./", local);
	bool control = false;

	for (const char *at = local; *at != '\0'; at++)
		control = control || (unsigned char)*at < ' ' || *at == 0x7f;
	if (!control && local[0] != '\0' && local[0] != '-' && len < SCRATCH_PATH_MAX)
		return REMOTEFS_OK;
	return session_fail(fs, REMOTEFS_BAD_ARGUMENT,
		"a local name is not empty, does not begin with '-' and has no control bytes");
}

static enum remotefs_error look(struct push *push, struct remotefs *fs)
{
	int saved;

	if (progress_of_push(&push->progress, push->local))
		return REMOTEFS_OK;
	saved = errno;
	(void)session_fail(fs, REMOTEFS_LOCAL, "%s: %s", push->local, strerror(saved));
	fs->fault->status = saved;
	return REMOTEFS_LOCAL;
}

enum remotefs_error push_begin(struct push *out, struct remotefs *fs, const struct remotefs_copy *copy)
{
	const struct transfer transfer = {
		.way = REMOTEFS_PUSH,
		.local = out->local,
		.remote = copy->remote,
		.compress = copy->compress,
		.progress = &out->progress,
		.wall = -1,
	};
	enum remotefs_error error = local_name(out->local, fs, copy->local);

	if (error == REMOTEFS_OK)
		error = look(out, fs);
	if (error != REMOTEFS_OK)
		return error;
	error = fs->driver->copy(fs, &transfer, &out->command);
	if (error != REMOTEFS_OK) {
		progress_close(&out->progress);
		return error;
	}
	session_start(fs, &out->job, &out->command);
	return REMOTEFS_OK;
}

enum remotefs_error push_finish(struct push *push, struct remotefs *fs)
{
	const enum remotefs_error error = session_finish(fs, &push->job);

	progress_close(&push->progress);
	return error;
}

void push_abort(struct push *push, struct remotefs *fs)
{
	session_abort(fs, &push->job);
	progress_close(&push->progress);
}
