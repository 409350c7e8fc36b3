/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/try_round.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "admin/plain.h"
#include "policy/attributes.h"
#include "policy/reason.h"

enum {
	WORDS_OF_STEP_MAX = 12,
	SSH = 0,
	SCP,
	RSYNC,
	REFUSED = 77,
};

/* Part of an error message, and what to do about it. */
static const struct {
	const char *said, *fix;
} hints[] = {
	{ "Host key verification failed",
		"put the host key of the other node into known_hosts of nova, or of this host" },
	{ "Permission denied (",
		"put the public key of nova here into /etc/ssh/authorized_keys.d/nova of the other node" },
	{ "Could not resolve hostname", "add the name of the other node to DNS or /etc/hosts" },
	{ "Connection refused", "start sshd on the other node, or name its port in ssh_config" },
	{ "Connection timed out", "open port 22 of the other node in the firewall" },
	{ "No route to host", "check the network between the nodes" },
	{ "Network is unreachable", "check the routes of this node and the address of the other" },
	{ "Connection closed by", "read the log of sshd on the other node" },
	{ "This account is currently not available", "run rssh-nova-admin setup on the other node" },
	{ "no such identity", "create a key: run ssh-keygen as nova" },
	{ "uid=", "the other node gives nova a shell: run rssh-nova-admin setup there" },
	{ "command not found", "install it on the other node" },
};

static const char *hint_of(char out[256], const struct round *round, int status)
{
	static const char refused[] = "rssh-nova: refused: ";
	const char *const reason = strstr(round->said, refused);
	char word[32];

	for (size_t i = 0; i < N_ELEMENTS(hints); i++)
		if (strstr(round->said, hints[i].said) != NULL)
			return hints[i].fix;
	if (status < 0)
		return "it took too long, or did not run: check the network, and that ssh and rsync are installed";
	if (reason == NULL || sscanf(reason + sizeof(refused) - 1, "%31[a-z-]", word) != 1)
		return "read the audit of the other node: run rssh-nova-admin report there, or read its journal";
	for (enum reason each = REASON_NONE + 1; each < REASON_COUNT; each++)
		if (strcmp(reason_word(each), word) == 0) {
			snprintf(out, 256, "on the other node: %.220s", reason_meaning(each));
			return out;
		}
	return "read the audit of the other node";
}

/* The other node chose the text. */
static void first_line_keep(char *text)
{
	text[strcspn(text, "\r\n")] = '\0';
	plain_text(text);
}

static void command_text(char *out, size_t size, char *const argv[])
{
	size_t used = 0;

	for (out[0] = '\0'; *argv != NULL && used < size; argv++)
		used += (size_t)snprintf(out + used, size - used, "%s%s", used == 0 ? "" : " ", *argv);
}

static void step_put(struct round *round, const char *name, bool good, char *const argv[], const char *fix)
{
	char command[2 * TRY_PATH_MAX];

	command_text(command, sizeof(command), argv);
	round->failed |= !good;
	json_array_append_new(round->steps,
		json_pack("{s:s,s:b,s:s,s:s,s:s}", "step", name, "ok", good, "command", command, "said",
			good ? "" : round->said, "do", fix));
	if (round->json)
		return;
	printf("%-4s  %-28s %s\n", good ? "ok" : "FAIL", name, command);
	if (!good)
		printf("      %-28s said: %s\n      %-28s do: %s\n", "", round->said, "", fix);
	(void)fflush(stdout);
}

static bool is_stopped(const struct round *round)
{
	return *round->stopped != 0 && !round->cleaning;
}

/* Runs a command, whose words end with NULL. It must end with status and print text. */
static bool step(struct round *round, const char *name, int status, const char *text, int tool, ...)
{
	char *argv[WORDS_OF_STEP_MAX] = { (char *)(uintptr_t)round->tools[tool] }, hint[256];
	unsigned count = 1;
	va_list args;
	bool good;
	int rc;

	va_start(args, tool);
	while (count < WORDS_OF_STEP_MAX - 1 && (argv[count] = va_arg(args, char *)) != NULL)
		count++;
	va_end(args);
	argv[count] = NULL;
	if (is_stopped(round))
		return false;
	rc = capture_in(round->said, argv, round->env, TRY_SECONDS);
	if (is_stopped(round))
		return false;
	good = rc == status && strstr(round->said, text) != NULL;
	const char *const fix = good ? "" : hint_of(hint, round, rc);

	first_line_keep(round->said);
	step_put(round, name, good, argv, fix);
	return good;
}

#define SSH_STEP(round, name, status, text, ...) \
	step(round, name, status, text, SSH, "-o", "BatchMode=yes", (round)->host, __VA_ARGS__, NULL)

/* "HOST:PATH", with brackets round an IPv6 address, as Nova writes it. */
static const char *remote(struct round *round, const char *path)
{
	const bool ipv6 = strchr(round->host, ':') != NULL;

	return try_text(round, "%s%s%s:%s", ipv6 ? "[" : "", round->host, ipv6 ? "]" : "", path);
}

static const char *instance_of(struct round *round)
{
	return try_text(round, "%s/%s", round->instances, round->uuid);
}

static const char *disk_of(struct round *round)
{
	return try_text(round, "%s/disk", instance_of(round));
}

void try_round_ssh(struct round *round)
{
	const char *const instance = instance_of(round);
	const char *const probe = try_text(round, "%s/%s", round->instances, round->probe);

	/* Without shared storage touch fails in this way, which shows that the login and the form have passed. */
	if (!SSH_STEP(round, "touch, nothing is shared", 1, "No such file or directory", "touch", probe))
		return;
	if (SSH_STEP(round, "mkdir", 0, "", "mkdir", "-p", instance) &&
		SSH_STEP(round, "touch", 0, "", "touch", probe) && SSH_STEP(round, "rm", 0, "", "rm", probe))
		(void)step(round, "scp of a disk", 0, "", SCP, "-r", try_text(round, "%s/disk", round->here),
			remote(round, disk_of(round)), NULL);
	round->cleaning = true;
	(void)SSH_STEP(round, "rm -rf", 0, "", "rm", "-rf", instance);
}

static bool rsync_create(struct round *round, const char *name, const char *tree, const char *path)
{
	return step(round, name, 0, "", RSYNC, "--archive", "--relative", "--no-implied-dirs",
		try_text(round, "%s/%s/.%s/%s", round->here, tree, round->instances, path), remote(round, "/"), NULL);
}

static bool rsync_remove(struct round *round, const char *name, const char *keep, const char *from)
{
	return step(round, name, 0, "", RSYNC, "--archive", "--delete", "--include", keep, "--exclude", "*",
		try_text(round, "%s/empty/", round->here), remote(round, from), NULL);
}

void try_round_rsync(struct round *round)
{
	const char *const instance = instance_of(round);

	if (!rsync_create(round, "rsync, create_dir", "dir", round->uuid) && !is_stopped(round))
		return;
	if (rsync_create(round, "rsync, create_file", "file", round->probe) &&
		rsync_remove(round, "rsync, remove_file", strchr(round->probe, '/') + 1, instance))
		(void)step(round, "rsync, copy_file", 0, "", RSYNC, "-r", "--sparse",
			try_text(round, "%s/disk", round->here), remote(round, disk_of(round)), NULL);
	round->cleaning = true;
	if (step(round, "rsync, remove_dir, its content", 0, "", RSYNC, "--archive", "--delete-excluded",
		    try_text(round, "%s/empty/", round->here), remote(round, instance), NULL))
		(void)rsync_remove(round, "rsync, remove_dir, itself", round->uuid, round->instances);
}

void try_round_refusal(struct round *round)
{
	round->cleaning = false;
	(void)SSH_STEP(round, "another command is refused", REFUSED, "rssh-nova: refused: unknown-command", "id");
}

const char *try_text(struct round *round, const char *format, ...)
{
	va_list args;
	char *text = NULL;

	va_start(args, format);
	if (round->text_count == TRY_TEXTS_MAX || vasprintf(&text, format, args) < 0)
		text = NULL;
	va_end(args);
	if (text != NULL)
		round->texts[round->text_count++] = text;
	return text != NULL ? text : "";
}

void try_round_clear(struct round *round)
{
	while (round->text_count > 0)
		free(round->texts[--round->text_count]);
}
