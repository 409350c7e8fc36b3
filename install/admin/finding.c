#include "install/admin/finding.h"

#include <stdarg.h>
#include <stdio.h>

enum {
	TEXT_MAX = 1024,
};

const char *finding_word(enum finding_level level)
{
	static const char *const words[FINDING_LEVELS] = { "ok", "warning", "fatal" };

	return words[level];
}

/* Names of files and lines of others are in it: nothing of them may steer a terminal. */
static void tame(char *text)
{
	for (; *text != '\0'; text++)
		if (*text < ' ' || *text > '~')
			*text = '?';
}

static void print(const struct findings *findings, enum finding_level level, const char *fix,
	const char *text)
{
	printf("%-8s %-14s %s\n", finding_word(level), findings->check, text);
	if (fix[0] != '\0')
		printf("%-8s %-14s do: %s\n", "", "", fix);
}

void finding_put(
	struct findings *findings, enum finding_level level, const char *fix, const char *text, ...)
{
	char line[TEXT_MAX];
	va_list args;

	va_start(args, text);
	vsnprintf(line, sizeof(line), text, args);
	va_end(args);
	tame(line);
	findings->count++;
	if (level > findings->worst)
		findings->worst = level;
	if (findings->array == NULL)
		print(findings, level, fix, line);
	else
		json_array_append_new(findings->array,
			json_pack("{s:s,s:s,s:s,s:s}", "check", findings->check, "level",
				finding_word(level), "text", line, "do", fix));
}
