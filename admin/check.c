/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/check.h"

#include <errno.h>
#include <string.h>

#include "admin/check_hint.h"
#include "admin/exit_code.h"
#include "admin/peers_check.h"
#include "admin/symlink.h"
#include "node/config_open.h"
#include "node/peers_open.h"
#include "policy/config.h"

static void fault_print(const char *path, const struct config_fault *fault, struct bytes file)
{
	char hint[CHECK_HINT_MAX];

	check_hint(hint, fault, file);
	if (fault->line != 0)
		printf("%s:%u: ", path, fault->line);
	else
		printf("%s: ", path);
	printf("%s%s%s%s%s\n", fault->key, fault->key[0] != '\0' ? ": " : "", config_error_text(fault->error),
		hint[0] != '\0' ? "; " : "", hint);
}

/* The file is valid, but the shell refuses an instances_path that leads through a symlink. */
static int links_print(const char *path, const struct config *config)
{
	char command[SYMLINK_COMMAND_MAX];
	int found = ADMIN_GOOD;

	for (unsigned i = 0; i < config->roots.count; i++) {
		const char *const root = text_at(&config->roots, i);

		if (!symlink_mount_command(command, root))
			continue;
		printf("%s: shell.instances_path: %s leads through a symlink: %s\n", path, root, command);
		found = ADMIN_FOUND;
	}
	return found;
}

struct telling {
	const char *path;
	int status;
};

static void peers_fault_print(void *user, const struct peers_fault *fault, const char *word)
{
	struct telling *const telling = user;

	printf("%s:%u: %s%s%s\n", telling->path, fault->line, word, word[0] != '\0' ? ": " : "",
		peers_error_text(fault->error));
	telling->status = ADMIN_FOUND;
}

/* Checks the peers file of a valid configuration. */
static int peers_file_check(const struct config *config)
{
	struct telling telling = { config->peers_file, ADMIN_GOOD };
	struct peers_count count;
	struct bytes file;
	struct fault fault;
	char text[256];

	if (config->peers_file[0] == '\0')
		return ADMIN_GOOD;
	if (peers_read(&file, config, false, &fault) != 0) {
		fault_text(text, sizeof(text), &fault);
		printf("%s\n", text);
		return ADMIN_FOUND;
	}
	if (peers_check(&count, file, peers_fault_print, &telling) != 0) {
		printf("%s: %s\n", config->peers_file, strerror(errno));
		return ADMIN_FOUND;
	}
	if (telling.status == ADMIN_GOOD)
		printf("%s: valid\n", config->peers_file);
	return telling.status;
}

int check_run(const struct options *options)
{
	const char *const path = options->config != NULL ? options->config : CONFIG_PATH;
	struct config config;
	struct config_faults faults;
	struct bytes file;
	struct fault fault;
	char text[256];

	if (options->count != 0) {
		fprintf(stderr, "rssh-nova-admin check: unexpected argument: %s\n", options->words[0]);
		return ADMIN_CANNOT;
	}
	if (options->peers_file != NULL && strlen(options->peers_file) >= sizeof(config.peers_file)) {
		fputs("rssh-nova-admin check: the value of --peers-file is too long\n", stderr);
		return ADMIN_CANNOT;
	}
	if (config_read(&file, path, false, &fault) != 0) {
		fault_text(text, sizeof(text), &fault);
		printf("%s\n", text);
		return ADMIN_FOUND;
	}
	if (config_parse(&config, &faults, file)) {
		const int links = links_print(path, &config);
		int peers;

		if (options->peers_file != NULL)
			snprintf(config.peers_file, sizeof(config.peers_file), "%s", options->peers_file);
		if (links == ADMIN_GOOD)
			printf("%s: valid\n", path);
		peers = peers_file_check(&config);
		return links == ADMIN_GOOD ? peers : links;
	}
	for (unsigned i = 0; i < faults.count; i++)
		fault_print(path, &faults.at[i], file);
	if (faults.count == CONFIG_FAULTS_MAX)
		printf("%s: there may be more faults: correct these, and check again\n", path);
	return ADMIN_FOUND;
}
