/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/tally_text.h"

#include <inttypes.h>
#include <string.h>

#include "admin/plain.h"
#include "policy/attributes.h"

enum {
	TIME_MAX = 32,
	SIZE_MAX_TEXT = 32,
};

static int64_t number(const json_t *row, const char *name)
{
	return json_integer_value(json_object_get(row, name));
}

static const char *word(const json_t *row, const char *name)
{
	return json_string_value(json_object_get(row, name));
}

static void time_text(char out[TIME_MAX], time_t when)
{
	struct tm local;

	if (when <= 0 || localtime_r(&when, &local) == NULL ||
		strftime(out, TIME_MAX, "%Y-%m-%d %H:%M:%S", &local) == 0)
		strcpy(out, "-");
}

/* "12.3 GiB". */
static const char *size_text(char out[SIZE_MAX_TEXT], int64_t bytes)
{
	static const char *const units[] = { "B", "KiB", "MiB", "GiB", "TiB", "PiB" };
	double value = (double)bytes;
	size_t unit = 0;

	for (; value >= 1024 && unit + 1 < N_ELEMENTS(units); unit++)
		value /= 1024;
	snprintf(out, SIZE_MAX_TEXT, unit == 0 ? "%.0f %s" : "%.1f %s", value, units[unit]);
	return out;
}

static void column_print(FILE *out, const char *text, int width)
{
	plain_print(out, text);
	for (int used = (int)strlen(text); used < width; used++)
		fputc(' ', out);
}

static int width_of(const json_t *table, const char *head)
{
	int width = (int)strlen(head);
	const char *name;
	json_t *row;

	json_object_foreach((json_t *)(uintptr_t)table, name, row)
		width = (int)strlen(name) > width ? (int)strlen(name) : width;
	return width;
}

static void counts_print(FILE *out, const json_t *table, const char *head, const char *what)
{
	const int width = width_of(table, head);
	const char *name;
	json_t *row;

	if (json_object_size(table) == 0)
		return;
	fprintf(out, "\n%-*s  %10s\n", width, head, what);
	json_object_foreach((json_t *)(uintptr_t)table, name, row) {
		column_print(out, name, width);
		fprintf(out, "  %10" JSON_INTEGER_FORMAT "\n", json_integer_value(row));
	}
}

static void parties_print(FILE *out, const json_t *table, const char *head)
{
	const int width = width_of(table, head);
	char in[SIZE_MAX_TEXT], sent[SIZE_MAX_TEXT];
	const char *name;
	json_t *row;

	if (json_object_size(table) == 0)
		return;
	fprintf(out, "\n%-*s  %10s %10s %12s %12s %10s %10s\n", width, head, "TRANSFERS", "FAILED", "IN", "OUT",
		"SECONDS", "REFUSALS");
	json_object_foreach((json_t *)(uintptr_t)table, name, row) {
		column_print(out, name, width);
		fprintf(out, "  %10" PRId64 " %10" PRId64 " %12s %12s %10" PRId64 " %10" PRId64 "\n",
			number(row, "transfers"), number(row, "failed"), size_text(in, number(row, "bytes_in")),
			size_text(sent, number(row, "bytes_out")), number(row, "ms") / 1000, number(row, "refusals"));
	}
}

static void alarms_print(FILE *out, const json_t *alarms)
{
	char when[TIME_MAX];
	const json_t *alarm;
	size_t i;

	if (json_array_size(alarms) != 0)
		fprintf(out, "\nlast alarms:\n");
	json_array_foreach((json_t *)(uintptr_t)alarms, i, alarm) {
		time_text(when, (time_t)number(alarm, "time"));
		fprintf(out, "%-19s  ref=", when);
		plain_print(out, word(alarm, "ref"));
		fprintf(out, "  %s: ", word(alarm, "kind"));
		plain_print(out, word(alarm, "detail"));
		fputc('\n', out);
	}
}

void tally_print(FILE *out, const struct tally *tally)
{
	const json_t *const totals = tally->totals;
	char first[TIME_MAX], last[TIME_MAX], in[SIZE_MAX_TEXT], sent[SIZE_MAX_TEXT];

	time_text(first, tally->first);
	time_text(last, tally->last);
	fprintf(out, "records    %" PRId64 ", from %s to %s; %" PRId64 " other lines\n", tally->records, first, last,
		tally->unread);
	fprintf(out, "transfers  %" PRId64 ", %" PRId64 " failed; %s in, %s out, %" PRId64 " s\n",
		number(totals, "transfers"), number(totals, "failed"), size_text(in, number(totals, "bytes_in")),
		size_text(sent, number(totals, "bytes_out")), number(totals, "ms") / 1000);
	fprintf(out, "commands   %" PRId64 " allowed, including transfers\n", number(totals, "commands"));
	fprintf(out, "claims     %" PRId64 " made, %" PRId64 " ended by a start\n", number(totals, "claims_made"),
		number(totals, "claims_ended"));
	fprintf(out, "refusals   %" PRId64 "\nalarms     %" PRId64 "\n", number(totals, "refusals"),
		number(totals, "alarms"));
	counts_print(out, tally->reasons, "REASON", "REFUSALS");
	parties_print(out, tally->peers, "PEER");
	parties_print(out, tally->keys, "KEY");
	counts_print(out, tally->kinds, "ALARM", "TIMES");
	alarms_print(out, tally->alarms);
}

void tally_print_json(FILE *out, const struct tally *tally)
{
	json_t *const object = json_pack("{s:I,s:I,s:I,s:I,s:O,s:O,s:O,s:O,s:O,s:O,s:O}", "records",
		(json_int_t)tally->records, "unread", (json_int_t)tally->unread, "first", (json_int_t)tally->first,
		"last", (json_int_t)tally->last, "totals", tally->totals, "reasons", tally->reasons, "limits",
		tally->limits, "kinds", tally->kinds, "peers", tally->peers, "keys", tally->keys, "alarms",
		tally->alarms);

	json_dumpf(object, out, JSON_INDENT(1) | JSON_ENSURE_ASCII);
	fputc('\n', out);
	json_decref(object);
}

static void gauge_head(FILE *out, const char *name, const char *help)
{
	fprintf(out, "# HELP rssh_nova_%s %s\n# TYPE rssh_nova_%s gauge\n", name, help, name);
}

/* A quote or a backslash would end the label; other bytes may be no UTF-8. */
static void label_print(FILE *out, const char *label, const char *value)
{
	fprintf(out, "%s=\"", label);
	for (; *value != '\0'; value++)
		fputc(plain_is(*value) && *value != '"' && *value != '\\' ? *value : '?', out);
	fputc('"', out);
}

static void table_gauge(FILE *out, const char *name, const char *help, const char *label, const json_t *table)
{
	const char *row;
	json_t *value;

	gauge_head(out, name, help);
	json_object_foreach((json_t *)(uintptr_t)table, row, value) {
		fprintf(out, "rssh_nova_%s{", name);
		label_print(out, label, row);
		fprintf(out, "} %" JSON_INTEGER_FORMAT "\n", json_integer_value(value));
	}
}

static void party_gauge(FILE *out, const struct tally *tally, const char *what, const char *help)
{
	const struct {
		const char *label;
		const json_t *table;
	} parties[] = { { "peer", tally->peers }, { "key", tally->keys } };

	for (size_t i = 0; i < N_ELEMENTS(parties); i++) {
		char name[64];
		const char *row;
		json_t *value;

		snprintf(name, sizeof(name), "%s_%s", parties[i].label, what);
		gauge_head(out, name, help);
		json_object_foreach((json_t *)(uintptr_t)parties[i].table, row, value) {
			fprintf(out, "rssh_nova_%s{", name);
			label_print(out, parties[i].label, row);
			fprintf(out, "} %" PRId64 "\n", number(value, what));
		}
	}
}

static void totals_gauge(FILE *out, const struct tally *tally)
{
	static const struct {
		const char *total, *name, *help;
	} rows[] = {
		{ "transfers", "transfers", "Transfers that ended." },
		{ "failed", "transfers_failed", "Transfers that ended with a status other than 0, or by a signal." },
		{ "bytes_in", "bytes_in", "Bytes that transfers read." },
		{ "bytes_out", "bytes_out", "Bytes that transfers wrote." },
		{ "commands", "commands", "Commands that were allowed." },
		{ "refusals", "refusals", "Commands that were refused." },
		{ "alarms", "alarms", "Records that an operator should look at." },
		{ "claims_made", "claims_made", "Instance directories that a peer made and claimed." },
		{ "claims_ended", "claims_ended", "Claims that a fence ended." },
	};

	for (size_t i = 0; i < N_ELEMENTS(rows); i++) {
		gauge_head(out, rows[i].name, rows[i].help);
		fprintf(out, "rssh_nova_%s %" PRId64 "\n", rows[i].name, number(tally->totals, rows[i].total));
	}
	gauge_head(out, "transfer_seconds", "Time that transfers took.");
	fprintf(out, "rssh_nova_transfer_seconds %.3f\n", (double)number(tally->totals, "ms") / 1000);
}

void tally_print_prometheus(FILE *out, const struct tally *tally, time_t since, time_t now)
{
	gauge_head(out, "window_seconds", "Seconds that these gauges cover, 0 for the whole log.");
	fprintf(out, "rssh_nova_window_seconds %" PRId64 "\n", since == 0 ? 0 : (int64_t)(now - since));
	gauge_head(out, "lines_unread", "Lines of the log that are no records.");
	fprintf(out, "rssh_nova_lines_unread %" PRId64 "\n", tally->unread);
	totals_gauge(out, tally);
	table_gauge(out, "refusals_by_reason", "Commands that were refused, by reason.", "reason", tally->reasons);
	table_gauge(out, "alarms_by_kind", "Records that an operator should look at, by kind.", "kind", tally->kinds);
	table_gauge(out, "transfers_by_limit", "Transfers that a limit ended.", "limit", tally->limits);
	party_gauge(out, tally, "transfers", "Transfers that ended.");
	party_gauge(out, tally, "refusals", "Commands that were refused.");
	party_gauge(out, tally, "bytes_in", "Bytes that transfers read.");
}
