/* SPDX-License-Identifier: Apache-2.0 */
/* options: the command line of one command, read by getopt_long(3) from the rows of options.def.
 * Takes:   argv from the command's name on.
 * Gives:   borrowed values; NULL where an option was not given.
 * Fails:   with a line on standard error, for an option that is not the command's, one that is
 * given twice though it may not be, or without its value, and too many or too few words. */
#ifndef ADMIN_OPTIONS_H
#define ADMIN_OPTIONS_H

#include <stdbool.h>
#include <stdio.h>

#include "policy/attributes.h"

enum {
	FENCE_WORDS = 4, /* those of a libvirt hook */
	WORDS_OF_COMMAND_MAX = FENCE_WORDS,
	NOVA_CONFS_MAX = 16,
	OPTIONS_WORDS_MAX = 80, /* of a whole command line, its end included */
};

struct options {
	const char *config, *sshd_config, *user, *peer, *peers_file, *key, *profile, *shell, *root, *since, *output;
	bool all, sending, json, prometheus, forced, dry_run, undo, reload, no_force_command, libvirt,
		without_live_migration;
	const char *nova_conf[NOVA_CONFS_MAX + 1]; /* --nova-conf may come again; ended by NULL */
	bool help;				   /* --help: the rest is empty */
	unsigned count;
	const char *words[WORDS_OF_COMMAND_MAX]; /* what is no option */
};

MUST_USE int options_read(struct options *out, int argc, char **argv);

/* Writes the words that options_read() reads as these, ended by NULL. Borrowed. */
void options_write(const char *out[OPTIONS_WORDS_MAX - 2], const struct options *options, const char *command);

/* The options of a command, one on a line. */
void options_print(FILE *out, const char *command);

#endif
