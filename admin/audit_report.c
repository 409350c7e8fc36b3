/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/audit_report.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "admin/audit_line.h"
#include "admin/audit_log.h"
#include "admin/exit_code.h"
#include "admin/file.h"
#include "admin/plain.h"
#include "admin/tally_text.h"

struct reading {
	struct tally tally;
	const char *source;
	time_t since, now;
};

static int complain(const char *what, const char *word)
{
	fprintf(stderr, "rssh-nova-admin report: %s: %s\n", what, word);
	return ADMIN_CANNOT;
}

/* Reads "90s", "15m", "24h" or "7d" ago; 0 for anything else. */
static time_t ago_read(const char *text, time_t now)
{
	static const char units[] = "smhd";
	static const time_t seconds[] = { 1, 60, 60 * 60, 24 * 60 * 60 };
	const size_t len = strspn(text, "0123456789");
	const char *const unit = len == 0 || len > 9 || text[len] == '\0' ? NULL : strchr(units, text[len]);

	if (unit == NULL || text[len + 1] != '\0')
		return 0;
	return now - strtol(text, NULL, 10) * seconds[unit - units];
}

/* Reads the same, or a date with or without a time, by the clock of this node. */
static int since_read(time_t *out, const char *text, time_t now)
{
	static const char *const forms[] = { "%Y-%m-%d", "%Y-%m-%d %H:%M", "%Y-%m-%d %H:%M:%S" };

	*out = 0;
	if (text == NULL)
		return 0;
	*out = ago_read(text, now);
	for (size_t i = 0; *out == 0 && i < N_ELEMENTS(forms); i++) {
		struct tm tm = { .tm_isdst = -1 };
		const char *const end = strptime(text, forms[i], &tm);

		tm.tm_isdst = -1;
		if (end != NULL && *end == '\0')
			*out = mktime(&tm);
	}
	return *out > 0 ? 0 : complain("--since takes 15m, 24h, 7d, 2026-11-29 or \"2026-11-29 14:30\"", text);
}

/* With --since, skips a record without a time. */
static void line_add(void *context, const char *line)
{
	struct reading *const reading = context;
	time_t when = -1;
	json_t *const fields = audit_line_read(&when, line, reading->now);

	if (fields == NULL || (reading->since != 0 && when < 0))
		reading->tally.unread++;
	else if (when < 0 || when >= reading->since)
		tally_add(&reading->tally, fields, when);
	json_decref(fields);
}

static void print(FILE *out, const struct reading *reading, const struct options *options)
{
	if (options->json)
		tally_print_json(out, &reading->tally);
	else if (options->prometheus)
		tally_print_prometheus(out, &reading->tally, reading->since, reading->now);
	else {
		fputs("source     ", out);
		plain_print(out, reading->source);
		fputc('\n', out);
		tally_print(out, &reading->tally);
	}
}

/* Replaces the file in one step, because a collector may read it at any time. */
static int file_print(const struct reading *reading, const struct options *options)
{
	char *text = NULL;
	size_t size;
	FILE *const out = open_memstream(&text, &size);
	int rc = ADMIN_GOOD;

	if (out == NULL)
		return complain(options->output, strerror(errno));
	print(out, reading, options);
	if (fclose(out) != 0 || file_write(options->output, (struct bytes){ text, size }, 0644) != 0)
		rc = complain(options->output, strerror(errno));
	free(text);
	return rc;
}

int audit_report_run(const struct options *options)
{
	struct reading reading = { .now = time(NULL) };
	int rc = ADMIN_GOOD;

	if (options->count > 1)
		return complain("unexpected argument", options->words[1]);
	if (options->json && options->prometheus)
		return complain("give only one of", "--json, --prometheus");
	if (since_read(&reading.since, options->since, reading.now) != 0)
		return ADMIN_CANNOT;
	tally_init(&reading.tally);
	reading.source = audit_log_source(options->count == 1 ? options->words[0] : NULL);
	if (audit_log_each(reading.source, reading.since, line_add, &reading) != 0)
		rc = ADMIN_CANNOT;
	else if (options->output != NULL)
		rc = file_print(&reading, options);
	else
		print(stdout, &reading, options);
	tally_clear(&reading.tally);
	return rc;
}
