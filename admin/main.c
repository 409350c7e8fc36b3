/* SPDX-License-Identifier: Apache-2.0 */
/* main: rssh-nova-admin, the operator's program for rssh-nova. See rssh-nova-admin(8). */
#include <stdio.h>
#include <string.h>

#include "admin/audit_report.h"
#include "admin/check.h"
#include "admin/claims.h"
#include "admin/doctor/doctor.h"
#include "admin/exit_code.h"
#include "admin/explain.h"
#include "admin/fence.h"
#include "admin/options.h"
#include "admin/setup/setup.h"
#include "admin/try.h"

static const struct {
	const char *name, *words;
	int (*run)(const struct options *options);
	const char *help;
} commands[] = {
#define COMMAND(name, words, run, help) { name, words, run, help },
#include "admin/commands.def"
#undef COMMAND
};

static void command_print(FILE *out, size_t i)
{
	fprintf(out, "  %s%s%s\n      %s\n", commands[i].name, commands[i].words[0] != '\0' ? " " : "",
		commands[i].words, commands[i].help);
	options_print(out, commands[i].name);
}

static void usage_print(FILE *out)
{
	fputs("usage: rssh-nova-admin COMMAND [OPTION]...\n", out);
	for (size_t i = 0; i < N_ELEMENTS(commands); i++)
		command_print(out, i);
	fputs("  --help\n  --version\n", out);
}

/* Output that was not written in full is a failure. */
static int printed(int status)
{
	if (fflush(stdout) == 0 && !ferror(stdout))
		return status;
	perror("rssh-nova-admin: standard output");
	return ADMIN_CANNOT;
}

static int command_run(size_t i, int argc, char **argv)
{
	struct options options;

	if (options_read(&options, argc, argv) != 0)
		return ADMIN_CANNOT;
	if (!options.help)
		return commands[i].run(&options);
	command_print(stdout, i);
	return ADMIN_GOOD;
}

int main(int argc, char **argv)
{
	const char *const word = argc > 1 ? argv[1] : "";

	for (size_t i = 0; i < N_ELEMENTS(commands); i++)
		if (strcmp(commands[i].name, word) == 0)
			return printed(command_run(i, argc - 1, argv + 1));
	if (strcmp(word, "--version") == 0 && argc == 2) {
		puts("rssh-nova-admin " RSSH_NOVA_VERSION);
		return printed(ADMIN_GOOD);
	}
	if (strcmp(word, "--help") == 0 && argc == 2) {
		usage_print(stdout);
		return printed(ADMIN_GOOD);
	}
	if (word[0] != '\0')
		fprintf(stderr, "rssh-nova-admin: unknown command: %s: see rssh-nova-admin --help\n", word);
	else
		usage_print(stderr);
	return ADMIN_CANNOT;
}
