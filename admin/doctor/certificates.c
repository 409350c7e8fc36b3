/* SPDX-License-Identifier: Apache-2.0 */
/* Certificates: the authorities of TrustedUserCAKeys, and the principals with their options.
 * Source: sshd_config(5); sshd(8), AUTHORIZED_KEYS; auth2-pubkey.c of OpenSSH, process_principals(). */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "admin/doctor/host.h"
#include "admin/doctor/key_command.h"
#include "admin/doctor/key_file.h"
#include "admin/doctor/writable.h"
#include "admin/file.h"

struct context {
	struct findings *findings;
	const struct host *host;
	const char *name; /* the source of the lines, for messages */
	unsigned lines;
};

static void key_count(void *context, unsigned number, char *line)
{
	unsigned *const keys = context;
	size_t len;

	(void)number;
	*keys += key_blob(line, &len) != NULL;
}

/* sshd does not check the mode of this file. */
static void authority_check(struct findings *findings, const struct host *host, const char *path, unsigned *keys)
{
	char part[KEY_FILE_NAME_MAX];
	const enum writer writer = writable_by(part, host->entry, path);

	*keys = 0;
	if (writer == WRITER_USER)
		finding_put(findings, FINDING_FATAL, "chown root:root, chmod go-w",
			"%s can write %s: it can add an authority for every account that trusts TrustedUserCAKeys %s",
			host->user, part, path);
	else if (writer == WRITER_OTHERS)
		finding_put(findings, FINDING_WARNING, "chown root:root, chmod go-w",
			"users other than root can write %s: they can add an authority (TrustedUserCAKeys %s)", part,
			path);
	if (key_lines_each(NULL, path, key_count, keys) != 0)
		finding_put(findings, FINDING_WARNING,
			"put the public keys of the authorities there, or set TrustedUserCAKeys none",
			"TrustedUserCAKeys %s: %s: sshd accepts no certificate", path, file_error(errno));
}

/* Removes a comment and trailing blanks. Returns the length of the options, which are before the last word. */
static size_t principal_options_len(char *line)
{
	size_t len;

	line[strcspn(line, "#")] = '\0';
	for (len = strlen(line); len > 0 && strchr(" \t", line[len - 1]) != NULL;)
		line[--len] = '\0';
	while (len > 0 && strchr(" \t", line[len - 1]) == NULL)
		len--;
	while (len > 0 && strchr(" \t", line[len - 1]) != NULL)
		len--;
	return len;
}

static void principal_check(void *context, unsigned number, char *line)
{
	struct context *const look = context;
	struct findings *const findings = look->findings;
	const size_t len = principal_options_len(line);

	look->lines++;
	if (!host_is_forced(look->host) && !key_has_option(line, len, "command"))
		finding_put(findings, FINDING_WARNING,
			"run rssh-nova-admin setup, or put command=\"/usr/bin/rssh-nova\" in front of the principal",
			"%s:%u: a principal has neither ForceCommand nor command=: sshd lets its client signal the session",
			look->name, number);
	if (!key_has_option(line, len, "restrict")) {
		finding_put(findings, FINDING_WARNING, "put restrict in front of the principal",
			"%s:%u: a principal without restrict: only the certificate limits it", look->name, number);
		return;
	}
	for (size_t i = 0; key_undoing[i] != NULL; i++)
		if (key_has_option(line, len, key_undoing[i]))
			finding_put(findings, FINDING_WARNING, "delete the option",
				"%s:%u: %s undoes a part of restrict", look->name, number, key_undoing[i]);
}

static void principals_file_check(void *context, const char *path)
{
	struct context *const look = context;
	const struct host *const host = look->host;
	char part[KEY_FILE_NAME_MAX];

	look->name = path;
	if (writable_by(part, host->entry, path) == WRITER_USER)
		finding_put(look->findings, FINDING_WARNING,
			"set AuthorizedPrincipalsFile /etc/ssh/auth_principals/%u, and make root its owner",
			"%s can write %s, and so choose which certificates may log in (%s)", host->user, part, path);
	if (key_lines_each(host->entry, path, principal_check, look) != 0)
		finding_put(look->findings, FINDING_WARNING, "write it: on each line restrict and one principal",
			"AuthorizedPrincipalsFile %s: %s: sshd accepts no certificate for %s", path, file_error(errno),
			host->user);
}

static void output_check(struct context *look, char *text)
{
	unsigned number = 0;
	char *line, *rest = text;

	look->name = "AuthorizedPrincipalsCommand";
	while ((line = strsep(&rest, "\n")) != NULL) {
		line += strspn(line, " \t");
		number++;
		if (*line != '\0' && *line != '#')
			principal_check(look, number, line);
	}
}

static void command_check(struct context *look)
{
	static char text[CAPTURE_MAX];
	const struct host *const host = look->host;
	const char *const command = sshd_settings_first(&host->sshd, "authorizedprincipalscommand");

	key_command_check(look->findings, host, KEY_COMMAND_PRINCIPALS);
	switch (key_command_run(text, &host->sshd, host->entry, KEY_COMMAND_PRINCIPALS)) {
	case KEY_COMMAND_NONE:
		return;
	case KEY_COMMAND_KEYS:
		output_check(look, text);
		return;
	case KEY_COMMAND_FAILED:
		finding_put(look->findings, FINDING_WARNING,
			"repair it, or set AuthorizedPrincipalsCommand none for the user",
			"AuthorizedPrincipalsCommand %s fails: its principals cannot log in now, and doctor cannot check them",
			command);
		return;
	case KEY_COMMAND_UNASKED:
		finding_put(look->findings, FINDING_WARNING,
			"check that each principal that it prints has restrict, or set it to none for the user",
			"doctor cannot run AuthorizedPrincipalsCommand %s, and so cannot check its principals",
			command);
		return;
	}
}

/* Without a list, sshd accepts the user's name as principal, and only the certificate limits the session. */
static void unlisted_check(struct findings *findings, const struct host *host)
{
	if (!host_is_forced(host))
		finding_put(findings, FINDING_WARNING, "run rssh-nova-admin setup, which sets ForceCommand",
			"ForceCommand is not set: only the authority limits a certificate, and sshd lets its client signal the "
			"session");
}

void doctor_certificates(struct findings *findings, const struct host *host)
{
	const char *const path = sshd_settings_first(&host->sshd, "trustedusercakeys");
	const char *const file = sshd_settings_first(&host->sshd, "authorizedprincipalsfile");
	const char *const command = sshd_settings_first(&host->sshd, "authorizedprincipalscommand");
	const bool listed = (file[0] != '\0' && strcmp(file, "none") != 0) || command[0] == '/';
	struct context look = { findings, host, NULL, 0 };
	unsigned keys;

	if (!host->sshd.known || host->entry == NULL) {
		finding_put(findings, FINDING_FATAL, "see the checks \"user\" and \"sshd\"", "not checked");
		return;
	}
	if (path[0] != '/')
		return;
	authority_check(findings, host, path, &keys);
	key_files_each(&host->sshd, "authorizedprincipalsfile", host->entry, principals_file_check, &look);
	command_check(&look);
	if (!listed)
		unlisted_check(findings, host);
	if (findings->count != 0)
		return;
	if (listed)
		finding_put(findings, FINDING_OK, "",
			"%u authorities of %s can sign certificates for %u principals, each with restrict", keys, path,
			look.lines);
	else
		finding_put(findings, FINDING_OK, "", "%u authorities of %s can sign certificates for %s", keys, path,
			host->user);
}
