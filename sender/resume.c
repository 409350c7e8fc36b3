/* SPDX-License-Identifier: Apache-2.0 */
#include "sender/resume.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum {
	RECORD_SIZE_MAX = 16 * 1024,
	WRITE_EVERY_MS = 1000,
};

void resume_begin(struct resume *out, const char *dir, const struct host *host, const char *remote)
{
	*out = (struct resume){ .dir = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC) };
	host_login(out->host, host);
	(void)snprintf(out->remote, sizeof(out->remote), "%s", remote);
}

void resume_end(struct resume *resume)
{
	if (resume->dir >= 0)
		close(resume->dir);
	resume->dir = -1;
}

struct resume_file *resume_find(struct resume *resume, const char *name)
{
	for (unsigned i = 0; i < resume->count; i++)
		if (strcmp(resume->files[i].name, name) == 0)
			return &resume->files[i];
	return NULL;
}

struct resume_file *resume_need(struct resume *resume, const char *name)
{
	struct resume_file *file = resume_find(resume, name);

	if (file != NULL || resume->count == RESUME_FILES_MAX)
		return file;
	file = &resume->files[resume->count++];
	*file = (struct resume_file){ .done = false };
	(void)snprintf(file->name, sizeof(file->name), "%s", name);
	return file;
}

/* Trusts only what no other user could have written. */
static bool is_trusted(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_uid == geteuid() && (st.st_mode & 022) == 0;
}

/* Reads the whole record into out. Returns false if there is none, or it is too long. */
static bool read_file(int dir, char out[RECORD_SIZE_MAX])
{
	const int fd = openat(dir, RESUME_NAME, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	ssize_t len = -1;

	if (fd >= 0 && is_trusted(fd))
		len = pread(fd, out, RECORD_SIZE_MAX, 0);
	if (fd >= 0)
		close(fd);
	if (len <= 0 || len == RECORD_SIZE_MAX)
		return false;
	out[len] = '\0';
	return true;
}

/* "file DONE NEXT ACKNOWLEDGED FAR-MTIME SIZE INODE SECONDS NANOSECONDS NAME" */
static bool file_read(struct resume *out, const char *line)
{
	char name[COMPONENT_MAX + 1];
	struct resume_file *file;
	unsigned done;
	struct sftp_resume at = { .is_set = true };
	int end = 0;

	if (sscanf(line,
		    "file %1u %" SCNu64 " %" SCNu64 " %" SCNu32 " %" SCNu64 " %" SCNu64 " %" SCNi64 " %" SCNi64
		    " %255[^ ]%n",
		    &done, &at.next, &at.acknowledged, &at.mtime, &at.near.size, &at.near.inode, &at.near.seconds,
		    &at.near.nanoseconds, name, &end) != 9 ||
		line[end] != '\0' || done > 1 || at.next > at.near.size || at.acknowledged > at.next)
		return false;
	file = resume_need(out, name);
	if (file == NULL)
		return false;
	file->done = done == 1;
	file->at = at;
	return true;
}

/* A line of the head: text, then the value. */
static bool value_is(const char *line, const char *text, const char *value)
{
	const size_t len = strlen(text);

	return line != NULL && strncmp(line, text, len) == 0 && strcmp(line + len, value) == 0;
}

static bool record_read(struct resume *out, char *text)
{
	char *rest = NULL;
	const char *line = strtok_r(text, "\n", &rest);

	if (!value_is(line, "rssh-nova-send resume ", "1") ||
		!value_is(strtok_r(NULL, "\n", &rest), "host ", out->host) ||
		!value_is(strtok_r(NULL, "\n", &rest), "remote ", out->remote))
		return false;
	while ((line = strtok_r(NULL, "\n", &rest)) != NULL && strcmp(line, "end") != 0)
		if (!file_read(out, line))
			return false;
	return line != NULL;
}

bool resume_read(struct resume *resume)
{
	char text[RECORD_SIZE_MAX];
	struct resume found = *resume;

	if (resume->dir < 0 || !read_file(resume->dir, text) || !record_read(&found, text))
		return false;
	*resume = found;
	return true;
}

static size_t record_print(char out[RECORD_SIZE_MAX], const struct resume *resume)
{
	size_t used = (size_t)snprintf(
		out, RECORD_SIZE_MAX, "rssh-nova-send resume 1\nhost %s\nremote %s\n", resume->host, resume->remote);

	for (unsigned i = 0; i < resume->count; i++) {
		const struct resume_file *const file = &resume->files[i];
		const struct sftp_resume *const at = &file->at;

		if (at->is_set)
			used += (size_t)snprintf(out + used, RECORD_SIZE_MAX - used,
				"file %d %" PRIu64 " %" PRIu64 " %" PRIu32 " %" PRIu64 " %" PRIu64 " %" PRIi64
				" %" PRIi64 " %s\n",
				file->done, at->next, at->acknowledged, at->mtime, at->near.size, at->near.inode,
				at->near.seconds, at->near.nanoseconds, file->name);
	}
	return used + (size_t)snprintf(out + used, RECORD_SIZE_MAX - used, "end\n");
}

/* A partial record must not replace a whole one. */
static bool record_write(int dir, const struct resume *resume)
{
	const int fd = openat(dir, RESUME_NEW_NAME, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	char text[RECORD_SIZE_MAX];
	size_t len;
	bool good;

	_Static_assert(RESUME_FILES_MAX * (COMPONENT_MAX + 8 * 21) + ADDRESS_LOGIN_MAX + ADDRESS_PATH_MAX + 64 <
			RECORD_SIZE_MAX,
		"a whole record has room");
	if (fd < 0)
		return false;
	len = record_print(text, resume);
	good = write(fd, text, len) == (ssize_t)len;
	return close(fd) == 0 && good;
}

void resume_write(struct resume *resume)
{
	resume->next_write = clock_ms() + WRITE_EVERY_MS;
	if (resume->dir < 0)
		return;
	(void)unlinkat(resume->dir, RESUME_NEW_NAME, 0);
	if (!record_write(resume->dir, resume) || renameat(resume->dir, RESUME_NEW_NAME, resume->dir, RESUME_NAME) != 0)
		(void)unlinkat(resume->dir, RESUME_NEW_NAME, 0);
}

void resume_write_now_and_then(struct resume *resume)
{
	if (clock_ms() >= resume->next_write)
		resume_write(resume);
}

void resume_forget(const struct resume *resume)
{
	if (resume->dir < 0)
		return;
	(void)unlinkat(resume->dir, RESUME_NEW_NAME, 0);
	(void)unlinkat(resume->dir, RESUME_NAME, 0);
}
