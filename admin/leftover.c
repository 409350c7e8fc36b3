/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/leftover.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/own.h"
#include "node/instance.h"

enum {
	PIECE = 64 * 1024,
};

static bool append(struct domains *out, int fd)
{
	for (;;) {
		char *const text = realloc(out->text, out->len + PIECE + 1);
		ssize_t got;

		if (text == NULL)
			return false;
		out->text = text;
		got = read(fd, out->text + out->len, PIECE);
		if (got < 0)
			return false;
		out->len += (size_t)got;
		out->text[out->len] = '\0';
		if (got == 0)
			return true;
	}
}

static bool is_definition(const char *name)
{
	const size_t len = strlen(name);

	return len > strlen(".xml") && strcmp(name + len - strlen(".xml"), ".xml") == 0;
}

void domains_read(struct domains *out)
{
	DIR *const names = opendir(LEFTOVER_DOMAINS);
	const struct dirent *entry;

	*out = (struct domains){ .known = names != NULL };
	if (names == NULL)
		return;
	while ((entry = readdir(names)) != NULL) {
		OWN_FD int fd = -1;

		if (!is_definition(entry->d_name))
			continue;
		fd = openat(dirfd(names), entry->d_name, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
		if (fd < 0 || !append(out, fd))
			out->known = false;
	}
	closedir(names);
}

static bool is_defined(const struct domains *domains, const char *uuid)
{
	char element[sizeof("<uuid></uuid>") + UUID_LEN];

	snprintf(element, sizeof(element), "<uuid>%s</uuid>", uuid);
	return domains->text != NULL && strstr(domains->text, element) != NULL;
}

bool leftover_is(int fd, const char *uuid, const struct config *config, const struct domains *domains)
{
	struct claim claim;

	return config->claims_mode != CLAIMS_OFF && !is_defined(domains, uuid) && instance_claim_read(&claim, fd) &&
		claim_is_over(&claim, config->claims_window + config->claims_grace, instance_now()) &&
		!instance_is_empty(fd) && !instance_is_busy(fd);
}

void leftover_command(char out[LEFTOVER_COMMAND_MAX], const struct domains *domains, const char *user, const char *root,
	const char *uuid)
{
	out[0] = '\0';
	/* On a terminal of its own: other processes of the user could use root's through rm. */
	if (domains->known)
		snprintf(out, LEFTOVER_COMMAND_MAX, "runuser -P -u %s -- rm -rf -- %s/%s", user, root, uuid);
}
