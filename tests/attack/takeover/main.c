/* SPDX-License-Identifier: Apache-2.0 */
/* takeover: stands where the configuration says that rsync, scp or sftp-server is, as a program would that a
 * peer has taken over. What to do comes on standard input: lines "key value", then "end".
 * Usage: takeover ANYTHING...      the attempts, or what the key "mode" says
 *        takeover victim DIRECTORY */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "attempt.h"
#include "stay.h"
#include "tally.h"
#include "victim.h"

static char mode[32] = "attempts";

static void text_take(char *out, size_t size, const char *value)
{
	snprintf(out, size, "%s", value);
}

static void take(const char *key, const char *value)
{
	const struct {
		const char *key;
		char *out;
		size_t size;
	} texts[] = {
		{ "own", aim.own, sizeof(aim.own) },
		{ "home", aim.home, sizeof(aim.home) },
		{ "root", aim.root, sizeof(aim.root) },
		{ "other", aim.other, sizeof(aim.other) },
		{ "abstract", aim.abstract, sizeof(aim.abstract) },
		{ "socket", aim.socket, sizeof(aim.socket) },
		{ "mode", mode, sizeof(mode) },
	};
	const struct {
		const char *key;
		int *out;
	} numbers[] = {
		{ "port", &aim.port },
		{ "group", &aim.group },
		{ "victim", &aim.victim },
		{ "decoy", &aim.decoy },
		{ "victim_fd", &aim.victim_fd },
		{ "stride", &aim.stride },
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		if (strcmp(texts[i].key, key) == 0)
			text_take(texts[i].out, texts[i].size, value);
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		if (strcmp(numbers[i].key, key) == 0)
			*numbers[i].out = atoi(value);
	if (strcmp(key, "role") == 0)
		aim.role = value[0];
	if (strcmp(key, "secret") == 0)
		aim.secret = strtoul(value, NULL, 10);
}

/* One byte at a time: what follows is not ours to read. */
static int line_read(char line[512])
{
	size_t used = 0;

	while (used < 511 && read(0, line + used, 1) == 1 && line[used] != '\n')
		used++;
	line[used] = '\0';
	return used != 0 && strcmp(line, "end") != 0;
}

static void aim_read(int argc, char **argv)
{
	char line[512];

	while (line_read(line)) {
		char *const blank = strchr(line, ' ');

		if (blank == NULL)
			continue;
		*blank = '\0';
		take(line, blank + 1);
	}
	if (strcmp(aim.own, "argument") == 0) /* a place that only the shell knows */
		text_take(aim.own, sizeof(aim.own), argv[argc - 1]);
}

static void attempts(void)
{
	attempts_descriptors();
	attempts_paths();
	attempts_kinds();
	attempts_attributes();
	attempts_exec();
	attempts_sockets();
	attempts_processes();
	attempts_namespaces();
	attempts_kernel();
	attempts_limits();
	tally_print();
}

int main(int argc, char **argv)
{
	if (argc == 3 && strcmp(argv[1], "victim") == 0)
		return victim_run(argv[2]);
	if (argc == 2 && strcmp(argv[1], "nothing") == 0)
		return 0;
	aim_read(argc, argv);
	if (aim.role == '\0') /* run by itself, which must not begin anew: that it ran is the effect */
		return 0;
	(void)signal(SIGXFSZ, SIG_IGN);
	if (strcmp(mode, "attempts") == 0)
		attempts();
	else if (!stay_do(mode))
		return 2;
	return 0;
}
