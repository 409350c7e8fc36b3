/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/claims_table.h"

#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "policy/limits.h"

enum {
	MINUTE = 60,
	HOUR = 60 * MINUTE,
	DAY = 24 * HOUR,
	SPAN_MAX = 32,
};

static const char *text(const json_t *row, const char *name)
{
	const char *const value = json_string_value(json_object_get(row, name));

	return value == NULL ? "" : value;
}

static int64_t number(const json_t *row, const char *name)
{
	return json_integer_value(json_object_get(row, name));
}

static bool is_true(const json_t *row, const char *name)
{
	return json_is_true(json_object_get(row, name));
}

static bool is_claimed(const json_t *row)
{
	return strcmp(text(row, "state"), "claimed") == 0;
}

static bool is_shown(const json_t *row, bool all)
{
	return all || is_claimed(row) || is_true(row, "leftover");
}

/* Claims by their end, then the other directories by their name. */
static int compare(const void *a, const void *b)
{
	const json_t *const one = *(const json_t *const *)a, *const other = *(const json_t *const *)b;
	const int64_t left = number(one, "expires_in"), right = number(other, "expires_in");

	if (is_claimed(one) != is_claimed(other))
		return is_claimed(one) ? -1 : 1;
	if (is_claimed(one) && left != right)
		return left < right ? -1 : 1;
	return strcmp(text(one, "instance"), text(other, "instance"));
}

/* "3 h": in the largest unit that gives 2 or more, so that rounding hides little. */
static void span_text(char out[SPAN_MAX], int64_t seconds)
{
	if (seconds >= 2 * DAY)
		snprintf(out, SPAN_MAX, "%" PRId64 " days", seconds / DAY);
	else if (seconds >= 2 * HOUR)
		snprintf(out, SPAN_MAX, "%" PRId64 " h", seconds / HOUR);
	else if (seconds >= 2 * MINUTE)
		snprintf(out, SPAN_MAX, "%" PRId64 " min", seconds / MINUTE);
	else
		snprintf(out, SPAN_MAX, "%" PRId64 " s", seconds);
}

/* When the claim was made, by the clock that shows the larger age; "-" for a claim without a date. */
static void since_text(char out[SPAN_MAX], const json_t *row)
{
	const time_t made = time(NULL) - (time_t)number(row, "age");
	struct tm local;

	if (json_object_get(row, "age") == NULL || localtime_r(&made, &local) == NULL ||
		strftime(out, SPAN_MAX, "%Y-%m-%d %H:%M", &local) == 0)
		strcpy(out, "-");
}

static void end_text(char out[SPAN_MAX], const json_t *row)
{
	char span[SPAN_MAX];

	strcpy(out, "-");
	if (!is_claimed(row))
		return;
	span_text(span, number(row, "expires_in"));
	snprintf(out, SPAN_MAX, "in %.24s", span);
}

/* Of the columns that are as wide as their longest word. */
struct widths {
	int peer, key;
};

static void line_print(const struct widths *widths, const char *const columns[8])
{
	printf("%-36s  %-7s  %-*s  %-16s  %-9s  %-8s  %-*s  %s\n", columns[0], columns[1], widths->peer, columns[2],
		columns[3], columns[4], columns[5], widths->key, columns[6], columns[7]);
}

static void row_print(const struct widths *widths, const json_t *row)
{
	char since[SPAN_MAX], end[SPAN_MAX];
	const char *const peer = text(row, "peer"), *const key = text(row, "key");
	const char *const note = is_true(row, "leftover") ? "leftover" : is_true(row, "busy") ? "busy" : "-";

	since_text(since, row);
	end_text(end, row);
	line_print(widths,
		(const char *const[]){ text(row, "instance"), text(row, "state"), peer[0] == '\0' ? "-" : peer, since,
			end, note, key[0] == '\0' ? "-" : key, text(row, "root") });
}

static void clear_print(const json_t *row)
{
	const char *const command = text(row, "clear");

	printf("leftover %s/%s: %s\n", text(row, "root"), text(row, "instance"),
		command[0] != '\0' ? command : "read rssh-nova-admin(8), claims, before you delete it");
}

/* Owned by the caller; the rows are borrowed. */
static const json_t **rows_pick(const json_t *rows, bool all, size_t *count)
{
	const json_t **const picked = calloc(json_array_size(rows) + 1, sizeof(const json_t *));

	*count = 0;
	for (size_t i = 0; picked != NULL && i < json_array_size(rows); i++)
		if (is_shown(json_array_get(rows, i), all))
			picked[(*count)++] = json_array_get(rows, i);
	if (picked != NULL)
		qsort(picked, *count, sizeof(const json_t *), compare);
	return picked;
}

static void widen(int *width, const char *word)
{
	const int len = (int)strlen(word);

	*width = len > *width ? len : *width;
}

void claims_table_print(const json_t *rows, bool all)
{
	static const char *const head[] = { "INSTANCE", "STATE", "PEER", "SINCE", "ENDS", "NOTE", "KEY", "IN" };
	struct widths widths = { .peer = 4, .key = 3 };
	size_t count;
	const json_t **const picked = rows_pick(rows, all, &count);

	for (size_t i = 0; i < count; i++) {
		widen(&widths.peer, text(picked[i], "peer"));
		widen(&widths.key, text(picked[i], "key"));
	}
	if (count != 0)
		line_print(&widths, head);
	for (size_t i = 0; i < count; i++)
		row_print(&widths, picked[i]);
	for (size_t i = 0; i < count; i++)
		if (is_true(picked[i], "leftover"))
			clear_print(picked[i]);
	if (count == 0)
		puts(all ? "no instance directories" : "no claims");
	if (json_array_size(rows) > count)
		printf("instance directories without a valid claim: %zu; --all shows them\n",
			json_array_size(rows) - count);
	free(picked);
}
