#include "sender/settings.h"

#include <errno.h>
#include <fcntl.h>
#include <ini.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

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

/* Reads up to size bytes; one more than may be tells that it is too large. */
static ssize_t read_all(int fd, char *bytes, size_t size)
{
	size_t used = 0;

	while (used < size) {
		const ssize_t len = read(fd, bytes + used, size - used);

		if (len < 0 && errno == EINTR)
			continue;
		if (len < 0)
			return -1;
		if (len == 0)
			break;
		used += (size_t)len;
	}
	return (ssize_t)used;
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
	len = fault == NULL ? read_all(fd, bytes, sizeof(bytes)) : -1;
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

struct nova_reading {
	FILE *file;
	char *line;
	size_t size;
	char value[32];
};

/* inih's reader. Lines that its buffer does not hold, and those that go on with the line before, cannot be
 * ours: they are passed over instead of being cut. */
static char *nova_line(char *out, int size, void *stream)
{
	struct nova_reading *const reading = stream;

	while (getline(&reading->line, &reading->size, reading->file) > 0) {
		if (reading->line[0] == ' ' || reading->line[0] == '\t' ||
			strlen(reading->line) >= (size_t)size)
			continue;
		return strcpy(out, reading->line);
	}
	return NULL;
}

/* The last one counts, and quotes round a value are taken off, as in oslo.config. */
static int on_nova_key(void *user, const char *section, const char *name, const char *value)
{
	struct nova_reading *const reading = user;
	const size_t len = strlen(value);
	const bool quoted = len >= 2 && value[0] == value[len - 1] && (value[0] == '"' || value[0] == '\'');

	if (strcmp(section, "libvirt") == 0 && strcmp(name, "remote_filesystem_transport") == 0)
		(void)snprintf(reading->value, sizeof(reading->value), "%.*s",
			(int)(quoted ? len - 2 : len), value + (quoted ? 1 : 0));
	return 1;
}

bool settings_nova_transport(enum remotefs_transport *out, const char *path, char *why, size_t size)
{
	struct nova_reading reading = { .file = fopen(path, "re"), .value = "ssh" };
	enum remotefs_transport transport;

	if (reading.file == NULL) {
		(void)snprintf(why, size, "%s: %s", path, strerror(errno));
		return false;
	}
	/* Faults elsewhere in Nova's file are Nova's to find. */
	(void)ini_parse_stream(nova_line, &reading, on_nova_key, &reading);
	free(reading.line);
	(void)fclose(reading.file);
	transport = settings_transport(reading.value);
	if (transport == REMOTEFS_NONE) {
		(void)snprintf(why, size, "%s: remote_filesystem_transport is neither ssh nor rsync", path);
		return false;
	}
	*out = transport;
	return true;
}
