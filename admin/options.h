/* SPDX-License-Identifier: Apache-2.0 */
/* options: the command line of one command, read by getopt_long(3) from the rows of options.def.
 * Takes:   argv, beginning with the command's name.
 * Returns: borrowed values; NULL if an option was not given.
 * Fails:   with -1 and a line on standard error for an unknown option, a repeated option, a missing value, or too many
 *          arguments. */
#ifndef ADMIN_OPTIONS_H
#define ADMIN_OPTIONS_H

#include <stdbool.h>
#include <stdio.h>

#include "policy/attributes.h"

enum {
	FENCE_WORDS = 4,  /* the arguments of a libvirt hook */
	FENCE_FILES = 16, /* with --files, at most */
	WORDS_OF_COMMAND_MAX = FENCE_FILES,
	NOVA_CONFS_MAX = 16,
	OPTIONS_WORDS_MAX = 80, /* of a whole command line with its NULL */
};

struct options {
	const char *config, *sshd_config, *user, *peer, *peers_file, *key, *profile, *shell, *root, *since, *output;
	bool all, sending, json, prometheus, forced, dry_run, undo, reload, no_force_command, libvirt,
		without_live_migration, files;
	const char *nova_conf[NOVA_CONFS_MAX + 1]; /* --nova-conf may be repeated; ended by NULL */
	bool help;				   /* --help: all other members are empty */
	unsigned count;
	const char *words[WORDS_OF_COMMAND_MAX]; /* the arguments that are no options */
};

MUST_USE int options_read(struct options *out, int argc, char **argv);

/* Writes the arguments from which options_read() would read options, ended by NULL. Borrowed. */
void options_write(const char *out[OPTIONS_WORDS_MAX - 2], const struct options *options, const char *command);

/* Prints the options of a command, one on each line. */
void options_print(FILE *out, const char *command);

#endif
