/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/options.h"

#include <getopt.h>
#include <stddef.h>
#include <string.h>

static const struct row {
	const char *command, *name, *spelled, *value, *help;
	size_t member;
} rows[] = {
#define OPTION(command, name, value, member, help) \
	{ command, name, "--" name, value, help, offsetof(struct options, member) },
#include "admin/options.def"
#undef OPTION
};

enum {
	OPTION_HELP = 1,
	OPTION_FIRST = 256, /* value of rows[0] to getopt_long(3) */
};

/* The options of a command in the form of getopt_long(3), ended by zeros. */
static void table_make(struct option table[N_ELEMENTS(rows) + 2], const char *command)
{
	size_t used = 0;

	for (size_t i = 0; i < N_ELEMENTS(rows); i++)
		if (strcmp(rows[i].command, command) == 0)
			table[used++] = (struct option){
				rows[i].name,
				rows[i].value != NULL ? required_argument : no_argument,
				NULL,
				OPTION_FIRST + (int)i,
			};
	table[used++] = (struct option){ "help", no_argument, NULL, OPTION_HELP };
	table[used] = (struct option){ NULL, 0, NULL, 0 };
}

static int complain(const char *command, const char *what, const char *word)
{
	fprintf(stderr, "rssh-nova-admin %s: %s%s%s\n", command, what, word[0] != '\0' ? ": " : "", word);
	return -1;
}

static int value_append(struct options *out, const struct row *row, const char *value)
{
	for (size_t i = 0; i < NOVA_CONFS_MAX; i++)
		if (out->nova_conf[i] == NULL) {
			out->nova_conf[i] = value;
			return 0;
		}
	return complain(row->command, "too many uses of option", row->name);
}

static int value_set(struct options *out, const struct row *row, const char *value)
{
	void *const member = (char *)out + row->member;

	if (row->value == NULL) {
		*(bool *)member = true;
		return 0;
	}
	if (row->member == offsetof(struct options, nova_conf))
		return value_append(out, row, value);
	if (*(const char **)member != NULL)
		return complain(row->command, "repeated option", row->name);
	*(const char **)member = value;
	return 0;
}

/* The most arguments that a command takes. */
static unsigned words_most(const char *command, const struct options *options)
{
	if (strcmp(command, "fence") == 0)
		return options->files ? FENCE_FILES : FENCE_WORDS;
	return 2;
}

int options_read(struct options *out, int argc, char **argv)
{
	struct option table[N_ELEMENTS(rows) + 2];
	int found;

	*out = (struct options){ .json = false };
	table_make(table, argv[0]);
	opterr = 0;
	optind = 0;
	while ((found = getopt_long(argc, argv, ":", table, NULL)) != -1) {
		if (found == OPTION_HELP) {
			out->help = true;
			return 0;
		}
		if (found < OPTION_FIRST)
			return complain(
				argv[0], found == ':' ? "missing value of option" : "unknown option", argv[optind - 1]);
		if (value_set(out, &rows[found - OPTION_FIRST], optarg) != 0)
			return -1;
	}
	for (; optind < argc; optind++) {
		if (out->count == words_most(argv[0], out))
			return complain(argv[0], "unexpected argument", argv[optind]);
		out->words[out->count++] = argv[optind];
	}
	return 0;
}

/* Writes an option and its value, once for each value. */
static unsigned values_write(const char *out[], const struct row *row, const char *const *values)
{
	const bool many = row->member == offsetof(struct options, nova_conf);
	unsigned used = 0;

	for (; *values != NULL; values++) {
		out[used++] = row->spelled;
		out[used++] = *values;
		if (!many)
			break;
	}
	return used;
}

void options_write(const char *out[OPTIONS_WORDS_MAX - 2], const struct options *options, const char *command)
{
	unsigned used = 0;

	for (size_t i = 0; i < N_ELEMENTS(rows); i++) {
		const void *const member = (const char *)options + rows[i].member;

		if (strcmp(rows[i].command, command) != 0)
			continue;
		if (rows[i].value != NULL)
			used += values_write(&out[used], &rows[i], member);
		else if (*(const bool *)member)
			out[used++] = rows[i].spelled;
	}
	for (unsigned i = 0; i < options->count; i++)
		out[used++] = options->words[i];
	out[used] = NULL;
}

void options_print(FILE *out, const char *command)
{
	for (size_t i = 0; i < N_ELEMENTS(rows); i++) {
		char shown[64];

		if (strcmp(rows[i].command, command) != 0)
			continue;
		snprintf(shown, sizeof(shown), "--%s%s%s", rows[i].name, rows[i].value != NULL ? " " : "",
			rows[i].value != NULL ? rows[i].value : "");
		fprintf(out, "      %-20s %s\n", shown, rows[i].help);
	}
}
