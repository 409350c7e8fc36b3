/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/tally.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policy/attributes.h"

static const char *text(const json_t *fields, const char *name)
{
	const char *const value = json_string_value(json_object_get(fields, name));

	return value == NULL ? "-" : value;
}

/* In logfmt a number is text. -1 means not known, and counts as 0. */
static int64_t number(const json_t *fields, const char *name)
{
	const json_t *const value = json_object_get(fields, name);
	const int64_t found =
		json_is_integer(value) ? json_integer_value(value) : strtoll(text(fields, name), NULL, 10);

	return found < 0 ? 0 : found;
}

static bool has(const json_t *fields, const char *name, const char *value)
{
	return strcmp(text(fields, name), value) == 0;
}

static void count(json_t *table, const char *name, int64_t more)
{
	const bool full = json_object_get(table, name) == NULL && json_object_size(table) >= TALLY_ROWS_MAX;
	const char *const row = full ? "other" : name;

	json_object_set_new(table, row, json_integer(json_integer_value(json_object_get(table, row)) + more));
}

/* Counts in the row of a peer or key. */
static void count_of(json_t *table, const char *name, const char *what, int64_t more)
{
	const bool full = json_object_get(table, name) == NULL && json_object_size(table) >= TALLY_ROWS_MAX;
	const char *const row = full ? "other" : name;

	if (json_object_get(table, row) == NULL)
		json_object_set_new(table, row, json_object());
	count(json_object_get(table, row), what, more);
}

static void count_party(struct tally *tally, const json_t *decide, const char *what, int64_t more)
{
	count(tally->totals, what, more);
	count_of(tally->peers, text(decide, "peer"), what, more);
	count_of(tally->keys, text(decide, "key"), what, more);
}

static void alarm_put(struct tally *tally, const json_t *fields, time_t when, const char *kind, const char *detail)
{
	count(tally->totals, "alarms", 1);
	count(tally->kinds, kind, 1);
	if (json_array_size(tally->alarms) == TALLY_ALARMS_MAX)
		json_array_remove(tally->alarms, 0);
	json_array_append_new(tally->alarms,
		json_pack("{s:s,s:s,s:I,s:s}", "kind", kind, "ref", text(fields, "ref"), "time", (json_int_t)when,
			"detail", detail));
}

static bool is_transfer(const json_t *decide)
{
	return has(decide, "op", "receive") || has(decide, "op", "send") || has(decide, "op", "sftp");
}

/* A form with its path in the stream has a second decide record, which replaces the first. */
static void decide_add(struct tally *tally, const json_t *fields)
{
	const bool again = json_object_get(tally->open, text(fields, "ref")) != NULL;

	if (has(fields, "verdict", "deny")) {
		count_party(tally, fields, "refusals", 1);
		count(tally->reasons, text(fields, "reason"), 1);
		return;
	}
	if (!again)
		count(tally->totals, "commands", 1);
	if (has(fields, "op", "mkdir") && !has(fields, "instance", "-") &&
		(has(fields, "claim", "none") || has(fields, "claim", "stale")))
		count(tally->totals, "claims_made", 1);
	json_object_set_new(tally->open, text(fields, "ref"), json_deep_copy(fields));
}

static void outcome_alarms(struct tally *tally, const json_t *fields, time_t when)
{
	if (!has(fields, "denied", "-"))
		alarm_put(tally, fields, when, "refused-calls", text(fields, "denied"));
	if (has(fields, "limit", "-"))
		return;
	count(tally->limits, text(fields, "limit"), 1);
	alarm_put(tally, fields, when, "limit", text(fields, "limit"));
}

static void done_add(struct tally *tally, const json_t *fields, time_t when)
{
	const json_t *const decide = json_object_get(tally->open, text(fields, "ref"));
	const bool failed = number(fields, "status") != 0 || number(fields, "signal") != 0;

	outcome_alarms(tally, fields, when);
	if (decide != NULL && is_transfer(decide)) {
		count_party(tally, decide, "transfers", 1);
		count_party(tally, decide, "failed", failed);
		count_party(tally, decide, "bytes_in", number(fields, "bytes_in"));
		count_party(tally, decide, "bytes_out", number(fields, "bytes_out"));
		count_party(tally, decide, "ms", number(fields, "ms"));
	}
	json_object_del(tally->open, text(fields, "ref"));
}

static void finding_add(struct tally *tally, const json_t *fields, time_t when, const char *kind)
{
	char detail[1024];

	snprintf(detail, sizeof(detail), "%s %s", text(fields, "finding"), text(fields, "instance"));
	alarm_put(tally, fields, when, kind, detail);
}

/* The problem has the name of the file, unless the fault is on a line of it. */
static void fault_add(struct tally *tally, const json_t *fields, time_t when)
{
	char detail[1024];

	if (number(fields, "line") == 0)
		snprintf(detail, sizeof(detail), "%s", text(fields, "problem"));
	else
		snprintf(detail, sizeof(detail), "%s:%" PRId64 ": %s", text(fields, "where"), number(fields, "line"),
			text(fields, "problem"));
	alarm_put(tally, fields, when, "fault", detail);
}

static void event_add(struct tally *tally, const json_t *fields, time_t when)
{
	if (has(fields, "event", "decide"))
		decide_add(tally, fields);
	else if (has(fields, "event", "done"))
		done_add(tally, fields, when);
	else if (has(fields, "event", "image"))
		finding_add(tally, fields, when, "image");
	else if (has(fields, "event", "domain") && has(fields, "step", "refuse"))
		finding_add(tally, fields, when, "domain");
	else if (has(fields, "event", "fault"))
		fault_add(tally, fields, when);
	else if (has(fields, "event", "fence")) {
		count(tally->totals, "claims_ended", !has(fields, "peer", "-"));
		if (has(fields, "verdict", "deny"))
			finding_add(tally, fields, when, "fence");
	}
}

void tally_init(struct tally *out)
{
	static const char *const totals[] = { "commands", "transfers", "failed", "bytes_in", "bytes_out", "ms",
		"refusals", "alarms", "claims_made", "claims_ended" };
	json_t **const tables[] = { &out->totals, &out->reasons, &out->limits, &out->kinds, &out->peers, &out->keys,
		&out->open };

	*out = (struct tally){ .alarms = json_array() };
	for (size_t i = 0; i < N_ELEMENTS(tables); i++)
		*tables[i] = json_object();
	for (size_t i = 0; i < N_ELEMENTS(totals); i++)
		json_object_set_new(out->totals, totals[i], json_integer(0));
}

void tally_add(struct tally *tally, const json_t *fields, time_t when)
{
	tally->records++;
	if (when > 0) {
		tally->first = tally->first == 0 || when < tally->first ? when : tally->first;
		tally->last = when > tally->last ? when : tally->last;
	}
	event_add(tally, fields, when);
}

void tally_clear(struct tally *tally)
{
	json_t *const all[] = { tally->totals, tally->reasons, tally->limits, tally->kinds, tally->peers, tally->keys,
		tally->alarms, tally->open };

	for (size_t i = 0; i < N_ELEMENTS(all); i++)
		json_decref(all[i]);
}
