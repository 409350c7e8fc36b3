/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/doctor/finding.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "admin/plain.h"

enum {
	TEXT_MAX = 1024,
};

const char *finding_word(enum finding_level level)
{
	static const char *const words[FINDING_LEVELS] = { "ok", "warning", "fatal" };

	return words[level];
}

/* Source: no-color.org; ECMA-48, SGR. */
static const char *colour(enum finding_level level)
{
	static const char *const codes[FINDING_LEVELS] = { "\x1b[32m", "\x1b[33m", "\x1b[31m" };
	const char *const no_color = getenv("NO_COLOR"), *const term = getenv("TERM");

	if ((no_color != NULL && no_color[0] != '\0') || term == NULL || strcmp(term, "dumb") == 0 ||
		isatty(STDOUT_FILENO) == 0)
		return "";
	return codes[level];
}

static const char *field(const json_t *finding, const char *name)
{
	return json_string_value(json_object_get(finding, name));
}

static void print(const json_t *finding, enum finding_level level)
{
	const char *const begin = colour(level), *const end = begin[0] == '\0' ? "" : "\x1b[0m";
	const char *const fix = field(finding, "do");

	printf("%s%-8s%s %-14s %s\n", begin, finding_word(level), end, field(finding, "check"), field(finding, "text"));
	if (fix[0] != '\0')
		printf("%-8s %-14s do: %s\n", "", "", fix);
}

void findings_print(const struct findings *findings)
{
	for (unsigned level = FINDING_LEVELS; level-- > 0;)
		for (size_t i = 0; i < json_array_size(findings->array); i++) {
			const json_t *const finding = json_array_get(findings->array, i);

			if (strcmp(field(finding, "level"), finding_word(level)) == 0)
				print(finding, level);
		}
	printf("%u fatal, %u %s, %u ok\n", findings->counts[FINDING_FATAL], findings->counts[FINDING_WARNING],
		findings->counts[FINDING_WARNING] == 1 ? "warning" : "warnings", findings->counts[FINDING_OK]);
}

void finding_put(struct findings *findings, enum finding_level level, const char *fix, const char *text, ...)
{
	char line[TEXT_MAX];
	va_list args;

	va_start(args, text);
	vsnprintf(line, sizeof(line), text, args);
	va_end(args);
	plain_text(line);
	findings->count++;
	if (level > findings->worst)
		findings->worst = level;
	findings->counts[level]++;
	json_array_append_new(findings->array,
		json_pack("{s:s,s:s,s:s,s:s}", "check", findings->check, "level", finding_word(level), "text", line,
			"do", fix));
}
