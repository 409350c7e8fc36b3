/* SPDX-License-Identifier: Apache-2.0 */
#include "shell/request.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#include "node/config_open.h"
#include "policy/digits.h"
#include "policy/peer.h"
#include "policy/words.h"
#include "shell/key.h"

/* Makes it from random bytes, or from the clock and our pid if the kernel has no random bytes yet. */
void request_ref(char out[REF_MAX])
{
	uint64_t number;

	if (getrandom(&number, sizeof(number), GRND_NONBLOCK) != (ssize_t)sizeof(number)) {
		struct timespec now = { 0, 0 };

		clock_gettime(CLOCK_REALTIME, &now);
		number = (uint64_t)now.tv_sec << 32 ^ (uint64_t)now.tv_nsec << 20 ^ (uint64_t)getpid();
	}
	digits_hex(out, number);
}

static void option_keep(struct invocation *out, char *option, size_t size, const char *value)
{
	if (option[0] != '\0')
		out->fault = "an option was given twice";
	else if (value[0] == '\0' || strlen(value) >= size)
		out->fault = "an option has no value, or one that is too long";
	else
		strcpy(option, value);
}

static void options_read(struct invocation *out, int argc, char **argv)
{
	static const struct option options[] = {
		{ "config", required_argument, NULL, 'C' },
		{ "help", no_argument, NULL, 'h' },
		{ "profile", required_argument, NULL, 'P' },
		{ "version", no_argument, NULL, 'V' },
		{ NULL, 0, NULL, 0 },
	};
	int found;

	opterr = 0;
	optind = 0;
	while ((found = getopt_long(argc, argv, "+h", options, NULL)) != -1) {
		if (found == 'C')
			option_keep(out, out->config, sizeof(out->config), optarg);
		else if (found == 'P')
			option_keep(out, out->request.profile, sizeof(out->request.profile), optarg);
		else if (found == 'V' && !out->typed)
			out->version = true;
		else if (found == 'h' && !out->typed)
			out->help = true;
		else
			out->fault = "an unknown option, or one without its value";
	}
	if (optind < argc)
		out->fault = "unexpected argument";
}

/* Is the first word our name, alone or at the end of an absolute path? */
static bool names_ourselves(const char *command)
{
	static const char name[] = "rssh-nova";
	const char *const end = strchrnul(command, ' ');
	const char *const slash = memrchr(command, '/', (size_t)(end - command));
	const char *const last = slash == NULL ? command : slash + 1;

	return (size_t)(end - last) == sizeof(name) - 1 && memcmp(last, name, sizeof(name) - 1) == 0 &&
		(slash == NULL || command[0] == '/');
}

static void command_original(struct invocation *out, const char *original)
{
	out->request.present = original != NULL;
	out->request.forced = true;
	out->request.command = bytes_of(original == NULL ? "" : original);
}

/* The command of a login shell. If it names rssh-nova itself, the forced command is in SSH_ORIGINAL_COMMAND. */
static void command_read(struct invocation *out, const char *command, const char *original)
{
	struct words words;
	char *argv[WORDS_MAX + 1];

	out->request.present = true;
	out->request.command = bytes_of(command);
	if (!names_ourselves(command) || words_split(&words, out->request.command) != WORDS_OK)
		return;
	for (unsigned i = 0; i < words.count; i++)
		argv[i] = words.store + words.start[i];
	argv[words.count] = NULL;
	out->typed = true;
	options_read(out, words.count, argv);
	/* A client could have typed a line that looks like sshd's forced command, so neither may choose the
	 * configuration. */
	if (out->config[0] != '\0' && strcmp(out->config, CONFIG_PATH) != 0)
		out->fault = "with rssh-nova as the login shell --config may name " CONFIG_PATH
			     " alone: write the settings there, or give the user another login shell";
	if (original != NULL)
		command_original(out, original);
	else
		out->request.present = false;
}

void invocation_read(struct invocation *out, int argc, char **argv)
{
	const char *const original = getenv("SSH_ORIGINAL_COMMAND");
	const bool login = argc > 0 && argv[0][0] == '-';

	*out = (struct invocation){ .version = false };
	request_ref(out->request.ref);
	out->request.uid = (uint32_t)getuid();
	user_find(out->request.uid, out->request.user, out->home);
	peer_parse(out->request.peer, getenv("SSH_CONNECTION"));
	key_read(&out->request, getenv("SSH_USER_AUTH"));
	if (argc == 3 && strcmp(argv[1], "-c") == 0)
		command_read(out, argv[2], original);
	else if (!login) {
		options_read(out, argc, argv);
		command_original(out, original);
	}
	clearenv();
}
