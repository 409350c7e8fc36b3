/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/report.h"

#include <stdio.h>
#include <stdlib.h>

enum {
	NAME_WIDTH = 10,
};

void report_begin(struct report *out, int json)
{
	out->object = json ? json_object() : NULL;
}

/* Takes each byte as the character with that number. */
static json_t *json_of(struct bytes value)
{
	char *const text = malloc(2 * value.len + 1);
	size_t used = 0;
	json_t *string;

	if (text == NULL)
		return json_null();
	for (size_t i = 0; i < value.len; i++) {
		const unsigned char byte = (unsigned char)value.at[i];

		if (byte >= 0x80)
			text[used++] = (char)(0xc0 | byte >> 6);
		text[used++] = (char)(byte >= 0x80 ? 0x80 | (byte & 0x3f) : byte);
	}
	string = json_stringn(text, used);
	free(text);
	return string;
}

static void escaped_print(struct bytes value)
{
	for (size_t i = 0; i < value.len; i++) {
		const unsigned char byte = (unsigned char)value.at[i];

		if (byte < ' ' || byte > '~' || byte == '\\')
			printf("\\x%02x", byte);
		else
			putchar(byte);
	}
}

void report_put(struct report *report, const char *name, struct bytes value)
{
	if (report->object != NULL) {
		json_object_set_new(report->object, name, json_of(value));
		return;
	}
	printf("%-*s ", NAME_WIDTH, name);
	escaped_print(value);
	putchar('\n');
}

void report_text(struct report *report, const char *name, const char *value)
{
	if (value != NULL)
		report_put(report, name, bytes_of(value));
}

void report_each(struct report *report, const char *name, const char *value)
{
	json_t *array;

	if (report->object == NULL) {
		report_put(report, name, bytes_of(value));
		return;
	}
	array = json_object_get(report->object, name);
	if (array == NULL) {
		array = json_array();
		json_object_set_new(report->object, name, array);
	}
	json_array_append_new(array, json_of(bytes_of(value)));
}

void report_words(struct report *report, const char *name, const char *const words[])
{
	if (report->object == NULL)
		printf("%-*s", NAME_WIDTH, name);
	for (unsigned i = 0; words[i] != NULL; i++) {
		if (report->object != NULL) {
			report_each(report, name, words[i]);
			continue;
		}
		putchar(' ');
		escaped_print(bytes_of(words[i]));
	}
	if (report->object == NULL)
		putchar('\n');
}

void report_end(struct report *report)
{
	if (report->object == NULL)
		return;
	json_dumpf(report->object, stdout, JSON_COMPACT | JSON_ENSURE_ASCII);
	putchar('\n');
	json_decref(report->object);
	report->object = NULL;
}
