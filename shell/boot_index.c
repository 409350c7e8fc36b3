#include "shell/boot_index.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "policy/path.h"
#include "shell/hint.h"
#include "shell/instance.h"
#include "shell/own.h"
#include "shell/root.h"

static const char name[] = "boot-files";
static const char new_name[] = "boot-files.new";

enum {
	FIRST_MAX = 64 + PATTERNS_MAX * VALUE_MAX,
	SECOND_MAX = 64,
	MTIME_AGE = 2, /* seconds after which no other change can leave the same time behind */
};

/* The line that has to be the same for a kept one to count: what the root and the places are now. */
static size_t first_line(char out[FIRST_MAX], int root, const struct config *config)
{
	struct stat st = { .st_size = 0 };
	size_t len;

	(void)fstat(root, &st);
	len = (size_t)snprintf(out, FIRST_MAX, "1 %lld.%09ld", (long long)st.st_mtim.tv_sec, st.st_mtim.tv_nsec);
	for (unsigned i = 0; i < config->read.count; i++)
		len += (size_t)snprintf(out + len, FIRST_MAX - len, " %s", text_at(&config->read, i));
	out[len++] = '\n';
	return len;
}

void boot_index_begin(struct boot_index *out, int root, const struct config *config)
{
	const struct moment now = instance_now();
	const size_t first = first_line(out->text, root, config);

	out->head = first +
		(size_t)snprintf(out->text + first, SECOND_MAX, "%lld %lld\n", (long long)now.wall,
			(long long)now.boot);
	out->at = out->len = out->head;
	out->seen = 0;
}

static bool is_recent(int64_t then, int64_t now)
{
	return then <= now && now - then < BOOT_INDEX_SECONDS;
}

/* The second line: when it was kept, by both clocks, so that neither a reboot nor a clock set back counts. */
static bool second_line_holds(const char *line)
{
	const struct moment now = instance_now();
	char *end;
	const long long wall = strtoll(line, &end, 10);
	const long long boot = strtoll(end, &end, 10);

	return *end == '\n' && is_recent(wall, now.wall) && is_recent(boot, now.boot);
}

/* Nobody else may have written it. Gives the bytes read, 0 when it is not to be had. */
static size_t file_read(char out[BOOT_INDEX_MAX], int root)
{
	OWN_FD int dir = hint_open(root);
	OWN_FD int fd = dir < 0 ? -1 : root_openat(dir, name, O_RDONLY | O_NONBLOCK, 0);
	struct stat st;
	ssize_t len;

	if (fd < 0 || fstat(fd, &st) != 0 || !S_ISREG(st.st_mode) || st.st_uid != geteuid() ||
		(st.st_mode & (S_IWGRP | S_IWOTH)) != 0 || st.st_size >= BOOT_INDEX_MAX)
		return 0;
	len = read(fd, out, BOOT_INDEX_MAX - 1);
	return len == st.st_size ? (size_t)len : 0;
}

static bool uuids_are_whole(const char *text, size_t len)
{
	if (len % (UUID_LEN + 1) != 0)
		return false;
	for (size_t at = 0; at < len; at += UUID_LEN + 1)
		if (!path_is_uuid(text + at, UUID_LEN) || text[at + UUID_LEN] != '\n')
			return false;
	return true;
}

bool boot_index_read(struct boot_index *index, int root, const struct config *config)
{
	char first[FIRST_MAX];
	const size_t first_len = first_line(first, root, config);
	const size_t len = file_read(index->text, root);
	const char *second;

	index->text[len] = '\0';
	if (len > first_len && memcmp(index->text, first, first_len) == 0 &&
		second_line_holds(index->text + first_len)) {
		second = strchr(index->text + first_len, '\n') + 1;
		index->head = index->at = (size_t)(second - index->text);
		index->len = len;
		if (uuids_are_whole(second, len - index->head))
			return true;
	}
	boot_index_begin(index, root, config);
	return false;
}

const char *boot_index_next(struct boot_index *index)
{
	char *const uuid = index->text + index->at;

	if (index->at == index->len)
		return NULL;
	uuid[UUID_LEN] = '\0';
	index->at += UUID_LEN + 1;
	return uuid;
}

void boot_index_add(struct boot_index *index, const char *uuid, bool has_files)
{
	index->seen++;
	if (!has_files || index->len == BOOT_INDEX_MAX)
		return;
	if (index->len + UUID_LEN + 1 >= BOOT_INDEX_MAX) {
		index->len = BOOT_INDEX_MAX; /* not kept */
		return;
	}
	memcpy(index->text + index->len, uuid, UUID_LEN);
	index->text[index->len + UUID_LEN] = '\n';
	index->len += UUID_LEN + 1;
}

/* Is it worth its file, whole, and is the time of the root past? */
static bool is_to_keep(const struct boot_index *index, int root)
{
	struct stat st;

	return index->seen >= BOOT_INDEX_LEAST && index->len < BOOT_INDEX_MAX && fstat(root, &st) == 0 &&
		instance_now().wall - st.st_mtim.tv_sec >= MTIME_AGE;
}

void boot_index_keep(const struct boot_index *index, int root)
{
	OWN_FD int dir = -1;
	OWN_FD int fd = -1;

	if (!is_to_keep(index, root))
		return;
	dir = hint_make(root);
	if (dir < 0)
		return;
	fd = root_openat(dir, new_name, O_WRONLY | O_CREAT | O_EXCL, 0600);
	/* Another is at it, or was ended while it was; or a limit on files cuts it. */
	if (fd < 0 || write(fd, index->text, index->len) != (ssize_t)index->len ||
		renameat(dir, new_name, dir, name) != 0)
		(void)unlinkat(dir, new_name, 0);
}
