/* SPDX-License-Identifier: Apache-2.0 */
#include "sender/report.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "sender/argv.h"
#include "sender/output.h"
#include "sender/pace.h"

enum {
	JSON_EVERY_MS = 1000,
};

void report_init(struct report *report, bool json, bool quiet, bool dry_run)
{
	*report = (struct report){
		.json = json,
		.quiet = quiet,
		.dry_run = dry_run,
		.host = "",
		.terminal = isatty(STDOUT_FILENO) == 1,
	};
}

/* Takes ownership of the object. */
static void json_line(json_t *object)
{
	if (object == NULL)
		return;
	(void)json_dumpf(object, stdout, JSON_COMPACT | JSON_PRESERVE_ORDER | JSON_ENSURE_ASCII);
	(void)putchar('\n');
	(void)fflush(stdout);
	json_decref(object);
}

enum {
	SHOWN_MAX = 8192,
};

/* JSON can hold only Unicode. Returns NULL if out of memory. */
static json_t *json_text(const char *text)
{
	char plain[SHOWN_MAX];
	json_t *const string = json_string(text);

	return string != NULL ? string : json_string(output_plain(plain, sizeof(plain), text));
}

static struct pace pace_of(const struct remotefs_event *event)
{
	return (struct pace){ .done = event->done, .total = event->total, .ms = event->ms };
}

static void bar_end(struct report *report)
{
	if (!report->bar_shown)
		return;
	(void)putchar('\n');
	(void)fflush(stdout);
	report->bar_shown = false;
}

static void progress_show(struct report *report, const struct remotefs_event *event)
{
	const bool ended = event->total > 0 && event->done >= event->total;
	const struct pace pace = pace_of(event);

	if (event->ms < report->logged)
		report->logged = 0;
	if (!ended && event->ms - report->logged >= PACE_LOG_EVERY_MS) {
		report->logged = event->ms;
		pace_log(event->path, report->host, &pace);
	}
	if (report->quiet || (!report->terminal && !report->json))
		return;
	if (report->terminal && !report->json) {
		pace_bar(event->path, &pace);
		report->bar_shown = true;
		if (ended)
			bar_end(report);
		return;
	}
	if (event->ms < report->last)
		report->last = 0;
	if (!ended && event->ms - report->last < JSON_EVERY_MS)
		return;
	report->last = event->ms;
	json_line(json_pack("{s:s, s:o, s:I, s:I, s:I, s:I, s:I}", "event", "progress", "path", json_text(event->path),
		"done", (json_int_t)event->done, "total", (json_int_t)event->total, "ms", (json_int_t)event->ms, "rate",
		(json_int_t)pace_rate(&pace), "left", (json_int_t)pace_left(&pace)));
}

static void command_show(const struct report *report, const struct remotefs_event *event)
{
	char line[ARGV_STORE_MAX * 2];
	json_t *words;

	if (!report->dry_run)
		return;
	if (!report->json) {
		if (argv_quote(line, sizeof(line), event->words, false))
			(void)printf("%s\n", line);
		return;
	}
	words = json_array();
	for (const char *const *word = event->words; *word != NULL; word++)
		(void)json_array_append_new(words, json_text(*word));
	json_line(json_pack("{s:s, s:o}", "event", "command", "words", words));
}

static void message_show(struct report *report, const struct remotefs_event *event)
{
	char plain[SHOWN_MAX];

	if (report->json) {
		json_line(json_pack("{s:s, s:o}", "event", "message", "text", json_text(event->text)));
		return;
	}
	bar_end(report);
	(void)fprintf(stderr, "rssh-nova-send: %s\n", output_plain(plain, sizeof(plain), event->text));
	(void)snprintf(
		report->said[report->said_count++ % REPORT_SAID_MAX], sizeof(report->said[0]), "%s", event->text);
}

static void copied_show(struct report *report, const struct remotefs_event *event)
{
	const struct pace_sum sum = { (uint64_t)event->files, (uint64_t)event->done, (uint64_t)event->holes,
		event->ms };
	char text[256];

	pace_log_end(event->path, report->host, &sum);
	if (report->json) {
		json_line(json_pack("{s:s, s:o, s:I, s:I, s:I, s:I}", "event", "copied", "path", json_text(event->path),
			"files", (json_int_t)event->files, "data", (json_int_t)event->done, "holes",
			(json_int_t)event->holes, "ms", (json_int_t)event->ms));
		return;
	}
	bar_end(report);
	pace_sum_text(text, sizeof(text), &sum);
	if (!report->quiet)
		(void)printf("%s\n", text);
}

static bool was_said(const struct report *report, const char *text)
{
	for (unsigned i = 0; i < REPORT_SAID_MAX; i++)
		if (strcmp(report->said[i], text) == 0)
			return true;
	return false;
}

void report_event(void *user, const struct remotefs_event *event)
{
	struct report *const report = user;

	switch (event->kind) {
	case REMOTEFS_EVENT_COMMAND:
		command_show(report, event);
		break;
	case REMOTEFS_EVENT_MESSAGE:
		message_show(report, event);
		break;
	case REMOTEFS_EVENT_STEP:
		if (report->json)
			json_line(json_pack("{s:s, s:s, s:o}", "event", "step", "step", event->text, "path",
				json_text(event->path)));
		break;
	case REMOTEFS_EVENT_PROGRESS:
		progress_show(report, event);
		break;
	case REMOTEFS_EVENT_COPIED:
		copied_show(report, event);
		break;
	case REMOTEFS_EVENT_NONE:
		break;
	}
}

static const char *error_word(enum remotefs_error error)
{
	switch (error) {
	case REMOTEFS_OK:
		return "done";
	case REMOTEFS_BAD_ARGUMENT:
		return "bad-argument";
	case REMOTEFS_LOCAL:
		return "local";
	case REMOTEFS_FAILED:
		return "failed";
	case REMOTEFS_REFUSED:
		return "refused";
	case REMOTEFS_UNREACHABLE:
		return "unreachable";
	case REMOTEFS_TIMED_OUT:
		return "timed-out";
	case REMOTEFS_CANCELLED:
		return "cancelled";
	case REMOTEFS_SHARED:
		return "shared";
	}
	return "unknown";
}

void report_end(struct report *report, const char *op, const struct remotefs_fault *fault, int status)
{
	char plain[SHOWN_MAX];
	json_t *object;

	bar_end(report);
	if (!report->json) {
		if (fault->error != REMOTEFS_OK && !was_said(report, fault->text))
			(void)fprintf(stderr, "rssh-nova-send: %s: %s\n", op,
				output_plain(plain, sizeof(plain), fault->text));
		return;
	}
	object = json_pack("{s:s, s:s, s:s, s:i}", "event", "end", "op", op, "outcome", error_word(fault->error),
		"status", status);
	if (object != NULL && fault->error != REMOTEFS_OK)
		(void)json_object_set_new(object, "text", json_text(fault->text));
	if (object != NULL && fault->error == REMOTEFS_REFUSED) {
		(void)json_object_set_new(object, "reason", json_string(fault->reason));
		(void)json_object_set_new(object, "ref", json_string(fault->ref));
	}
	json_line(object);
}
