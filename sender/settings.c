/* SPDX-License-Identifier: Apache-2.0 */
#include "sender/settings.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/nova_conf.h"
#include "base/read_all.h"

enum {
	NOVA_FILE_MAX = 1 << 20,
};

static const char default_path[] = "/etc/rssh-nova.conf";

/* What is wrong with the open file, or NULL. */
static const char *file_fault(int fd)
{
	struct stat st;

	if (fstat(fd, &st) != 0)
		return strerror(errno);
	if (!S_ISREG(st.st_mode))
		return "not a regular file";
	if (st.st_uid != 0 && st.st_uid != geteuid())
		return "owned by neither root nor the running user";
	if ((st.st_mode & 022) != 0)
		return "writable by group or others";
	return NULL;
}

static bool parse(struct config *out, const char *path, struct bytes file, char *why, size_t size)
{
	struct config_faults faults;

	if (config_parse(out, &faults, file))
		return true;
	(void)snprintf(why, size, "%s:%u: %s%s%s", path, faults.at[0].line, faults.at[0].key,
		faults.at[0].key[0] == '\0' ? "" : ": ", config_error_text(faults.at[0].error));
	return false;
}

bool settings_read(struct config *out, const char *path, char *why, size_t size)
{
	char bytes[CONFIG_MAX + 1];
	const char *const name = path == NULL ? default_path : path;
	const int fd = open(name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	const char *fault;
	ssize_t len;

	if (fd < 0 && errno == ENOENT && path == NULL) {
		config_default(out);
		return true;
	}
	if (fd < 0) {
		(void)snprintf(why, size, "%s: %s", name, strerror(errno));
		return false;
	}
	fault = file_fault(fd);
	len = fault == NULL ? read_all(fd, bytes, sizeof(bytes), READ_ON) : -1;
	if (len < 0)
		(void)snprintf(why, size, "%s: %s", name, fault == NULL ? strerror(errno) : fault);
	close(fd);
	return len >= 0 && parse(out, name, (struct bytes){ bytes, (size_t)len }, why, size);
}

enum remotefs_transport settings_transport(const char *word)
{
	if (strcmp(word, "ssh") == 0)
		return REMOTEFS_SSH;
	return strcmp(word, "rsync") == 0 ? REMOTEFS_RSYNC : REMOTEFS_NONE;
}

/* The whole text, owned by the caller; NULL and errno on failure. */
static char *read_file(const char *path)
{
	const int fd = open(path, O_RDONLY | O_CLOEXEC);
	char *text = fd < 0 ? NULL : malloc(NOVA_FILE_MAX + 1);
	const ssize_t len = text == NULL ? -1 : read_all(fd, text, NOVA_FILE_MAX + 1, READ_ON);
	const int err = len > NOVA_FILE_MAX ? EFBIG : errno;

	if (fd >= 0)
		close(fd);
	if (len < 0 || len > NOVA_FILE_MAX) {
		free(text);
		errno = err;
		return NULL;
	}
	text[len] = '\0';
	return text;
}

static bool nova_conf_read(struct nova_conf *out, const char *path, char *why, size_t size)
{
	char *const text = read_file(path);
	int rc;

	if (text == NULL) {
		(void)snprintf(why, size, "%s: %s", path, strerror(errno));
		return false;
	}
	rc = nova_conf_parse(out, text);
	free(text);
	if (rc < 0)
		(void)snprintf(why, size, "%s: %s", path, strerror(ENOMEM));
	else if (rc > 0)
		(void)snprintf(why, size, "%s:%d: oslo.config does not take this line", path, rc);
	return rc == 0;
}

/* REMOTEFS_SSH, Nova's default, if it is not set; REMOTEFS_NONE if the value is none that Nova takes. */
static enum remotefs_transport nova_transport(const struct nova_conf *conf)
{
	static const struct nova_key key = { "libvirt", "remote_filesystem_transport" };
	char value[NOVA_VALUE_MAX];

	if (nova_conf_value(value, conf, &key, 1) == NOVA_VALUE_UNSET)
		return REMOTEFS_SSH;
	return settings_transport(value);
}

bool settings_nova_transport(enum remotefs_transport *out, const char *path, char *why, size_t size)
{
	struct nova_conf conf = { .count = 0 };
	enum remotefs_transport transport = REMOTEFS_NONE;

	if (nova_conf_read(&conf, path, why, size)) {
		transport = nova_transport(&conf);
		if (transport == REMOTEFS_NONE)
			(void)snprintf(why, size, "%s: remote_filesystem_transport is neither ssh nor rsync", path);
	}
	nova_conf_clear(&conf);
	if (transport == REMOTEFS_NONE)
		return false;
	*out = transport;
	return true;
}
