/* SPDX-License-Identifier: Apache-2.0 */
/* The other direction: ssh of nova-compute on this node, which logs in to other nodes. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "admin/capture.h"
#include "admin/doctor/host.h"
#include "admin/file.h"
#include "admin/nova_unit.h"

#define APPARMOR_PROFILE "usr.bin.nova-compute"

enum {
	FILE_NAME_MAX = 1024,
};

/* The output of ssh -G for a host that no block of ssh_config names. */
struct client {
	char text[CAPTURE_MAX];
};

/* Sets out to the value of line n of the keyword, from 0. Returns false if there is no such line. */
static bool value_get(char out[FILE_NAME_MAX], const struct client *client, const char *keyword, unsigned n)
{
	const size_t len = strlen(keyword);

	for (const char *line = client->text; *line != '\0'; line += strcspn(line, "\n"), line += *line == '\n') {
		if (strncmp(line, keyword, len) != 0 || line[len] != ' ' || n-- != 0)
			continue;
		snprintf(out, FILE_NAME_MAX, "%.*s", (int)strcspn(line + len + 1, "\n"), line + len + 1);
		return true;
	}
	return false;
}

static bool has_value(const struct client *client, const char *keyword, const char *const words[], size_t count)
{
	char value[FILE_NAME_MAX];

	if (!value_get(value, client, keyword, 0))
		return false;
	for (size_t i = 0; i < count; i++)
		if (strcmp(value, words[i]) == 0)
			return true;
	return false;
}

/* Does the file exist, and is it not empty? "~/" is the user's home. */
static bool is_filled(const struct host *host, const char *name, size_t len)
{
	char path[2 * FILE_NAME_MAX];
	struct stat st;

	if (len > 2 && strncmp(name, "~/", 2) == 0)
		snprintf(path, sizeof(path), "%s/%.*s", host->entry->pw_dir, (int)len - 2, name + 2);
	else
		snprintf(path, sizeof(path), "%.*s", (int)len, name);
	return stat(path, &st) == 0 && S_ISREG(st.st_mode) && st.st_size > 0;
}

static bool any_filled(const struct host *host, const struct client *client, const char *keyword)
{
	char value[FILE_NAME_MAX];

	for (unsigned n = 0; value_get(value, client, keyword, n); n++)
		for (const char *at = value; *at != '\0'; at += strcspn(at, " "), at += strspn(at, " "))
			if (is_filled(host, at, strcspn(at, " ")))
				return true;
	return false;
}

static void host_keys_check(struct findings *findings, const struct host *host, const struct client *client)
{
	static const char *const unchecked[] = { "no", "off", "false" }, *const lenient[] = { "accept-new" },
				 *const yes[] = { "yes", "true" };
	char command[FILE_NAME_MAX];

	if (has_value(client, "stricthostkeychecking", unchecked, N_ELEMENTS(unchecked))) {
		finding_put(findings, FINDING_WARNING,
			"set StrictHostKeyChecking yes, and put the host keys into known_hosts",
			"ssh of %s checks no host key: any machine can pretend to be a node and receive the disks",
			host->user);
		return;
	}
	if (has_value(client, "stricthostkeychecking", lenient, 1) ||
		has_value(client, "verifyhostkeydns", yes, N_ELEMENTS(yes)) ||
		(value_get(command, client, "knownhostscommand", 0) && strcmp(command, "none") != 0))
		return;
	if (!any_filled(host, client, "userknownhostsfile") && !any_filled(host, client, "globalknownhostsfile"))
		finding_put(findings, FINDING_WARNING,
			"put the host keys of the other nodes into /etc/ssh/ssh_known_hosts",
			"ssh of %s knows no host key of another node: every migration from here fails", host->user);
}

static void keys_check(struct findings *findings, const struct host *host, const struct client *client)
{
	char agent[FILE_NAME_MAX];

	if (any_filled(host, client, "identityfile") || value_get(agent, client, "identityagent", 0))
		return;
	finding_put(findings, FINDING_WARNING,
		"as that user run ssh-keygen -t ed25519, and copy its .pub to the other nodes",
		"ssh of %s has no key: every migration from here fails", host->user);
}

/* ssh runs ProxyCommand, and so ProxyJump, with $SHELL. systemd sets SHELL to the login shell of User=. */
static void shell_check(
	struct findings *findings, const struct host *host, const struct client *client, const struct nova_unit *unit)
{
	static const char *const keywords[] = { "proxycommand", "proxyjump" };
	char value[FILE_NAME_MAX];

	if (!host_is_rssh_nova(host->entry->pw_shell) || nova_unit_holds(unit, "SHELL="))
		return;
	for (size_t i = 0; i < N_ELEMENTS(keywords); i++)
		if (value_get(value, client, keywords[i], 0) && strcmp(value, "none") != 0) {
			finding_put(findings, FINDING_WARNING, "set Environment=SHELL=/bin/sh in a drop-in of the unit",
				"%s of ssh_config needs a shell, and SHELL of %s is rssh-nova", keywords[i],
				unit->name);
			return;
		}
}

static void sharing_check(struct findings *findings, const struct host *host, const struct client *client)
{
	static const char *const off[] = { "false", "no" };
	char value[FILE_NAME_MAX];

	if (value_get(value, client, "controlmaster", 0) && !has_value(client, "controlmaster", off, N_ELEMENTS(off)))
		finding_put(findings, FINDING_WARNING, "set ControlMaster no: nova-path shares a connection itself",
			"ssh of %s shares connections (ControlMaster %s): if one hangs, all commands hang", host->user,
			value);
}

/* Ubuntu's charm installs a profile for nova-compute, which its children inherit. qemu-img of nova-path runs
 * rssh-nova-admin, which reads our configuration and the instances. */
static void apparmor_check(struct findings *findings, const struct nova_unit *unit)
{
	static const char profile[] = "/etc/apparmor.d/" APPARMOR_PROFILE;
	char shadow[NOVA_UNIT_PATH_MAX], *text;
	size_t len;

	if (nova_unit_look(unit, shadow) != NOVA_UNIT_FIRST ||
		access("/etc/apparmor.d/disable/" APPARMOR_PROFILE, F_OK) == 0 || file_read(&text, &len, profile) != 0)
		return;
	if (strstr(text, "rssh-nova/nova-path") == NULL)
		finding_put(findings, FINDING_WARNING,
			"add \"/usr/lib/rssh-nova/nova-path/* Pix,\" and \"/usr/sbin/rssh-nova-admin PUx,\" to it, and reload it",
			"%s does not let nova-compute run nova-path", profile);
	else if (strstr(text, "rssh-nova-admin") == NULL)
		finding_put(findings, FINDING_FATAL, "add \"/usr/sbin/rssh-nova-admin PUx,\" to it, and reload it",
			"%s does not let qemu-img of nova-path run rssh-nova-admin: Nova cannot use a disk", profile);
	free(text);
}

void doctor_outgoing(struct findings *findings, const struct host *host)
{
	static char ssh[] = "/usr/bin/ssh", option[] = "-G", name[] = "node.invalid";
	static struct client client;
	char *const argv[] = { ssh, option, name, NULL };
	struct nova_unit unit;
	char port[FILE_NAME_MAX];

	if (host->entry == NULL || !nova_unit_find(&unit))
		return;
	apparmor_check(findings, &unit);
	if (capture_as(client.text, argv, host->entry) != 0 || !value_get(port, &client, "port", 0)) {
		finding_put(findings, FINDING_WARNING, "run it as that user: ssh -G node",
			"ssh -G fails for %s: doctor cannot check its ssh", host->user);
		return;
	}
	host_keys_check(findings, host, &client);
	keys_check(findings, host, &client);
	shell_check(findings, host, &client, &unit);
	sharing_check(findings, host, &client);
}
