/* SPDX-License-Identifier: Apache-2.0 */
#include "sender/context.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum remotefs_error context_fail(struct remotefs *fs, enum remotefs_error error, const char *format, ...)
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

void context_event(const struct remotefs *fs, const struct remotefs_event *event)
{
	if (fs->options.on_event != NULL)
		fs->options.on_event(fs->options.user, event);
}

void context_say(const struct remotefs *fs, const char *format, ...)
{
	char text[OUTPUT_LINE_MAX * 2];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	context_event(fs, &(struct remotefs_event){ .kind = REMOTEFS_EVENT_MESSAGE, .text = text });
}

void context_show(const struct remotefs *fs, const struct argv *argv)
{
	const struct remotefs_event event = { .kind = REMOTEFS_EVENT_COMMAND, .words = argv_words(argv) };

	if (event.words != NULL)
		context_event(fs, &event);
}

int context_cancel_fd(const struct remotefs *fs)
{
	return fs->undoing ? -1 : fs->options.cancel_fd;
}

bool context_scratch(struct remotefs *fs)
{
	if (fs->options.dry_run && fs->scratch.path[0] == '\0' && !scratch_name(fs->scratch.path, "/tmp"))
		return false;
	if (fs->scratch.path[0] != '\0' || scratch_create(&fs->scratch, "/tmp"))
		return true;
	(void)context_fail(fs, REMOTEFS_LOCAL, "a directory in /tmp: %s", strerror(errno));
	fs->fault->status = errno;
	return false;
}

void context_sum_begin(struct remotefs *fs)
{
	fs->sum.files = fs->sum.data = fs->sum.holes = 0;
	fs->sum.started = clock_ms();
}

void context_sum_end(const struct remotefs *fs, const char *path)
{
	if (fs->sum.files == 0)
		return;
	context_event(fs,
		&(struct remotefs_event){
			.kind = REMOTEFS_EVENT_COPIED,
			.path = path,
			.files = fs->sum.files,
			.done = fs->sum.data,
			.holes = fs->sum.holes,
			.ms = clock_ms() - fs->sum.started,
		});
}

void context_progress(const struct remotefs *fs, struct progress *progress)
{
	progress->shown = true;
	context_event(fs,
		&(struct remotefs_event){
			.kind = REMOTEFS_EVENT_PROGRESS,
			.path = progress->label,
			.done = progress->done,
			.total = progress->total,
			.ms = clock_ms() - progress->started,
		});
}

void context_progress_end(const struct remotefs *fs, struct progress *progress)
{
	if (!progress->shown)
		return;
	if (progress->total != 0)
		progress->done = progress->total;
	context_progress(fs, progress);
}
