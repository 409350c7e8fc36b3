/* SPDX-License-Identifier: Apache-2.0 */
#include "shell/written.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "base/directory.h"
#include "base/list_text.h"
#include "base/own.h"
#include "node/root.h"
#include "policy/digits.h"

enum {
	DEPTH_MAX = 64,
};

/* One walk over the held instances, before or after. */
struct walk {
	struct written *begun; /* of the walk before; NULL in the walk after */
	const struct written *written;
	struct list_text *list;
	unsigned unseen;    /* directories that it did not look into */
	char path[CMD_MAX]; /* of the file, from the uuid */
};

static struct written_file file_of(const struct stat *st)
{
	return (struct written_file){ st->st_dev, st->st_ino, st->st_size, st->st_ctim };
}

static bool is_same(const struct written_file *a, const struct written_file *b)
{
	return a->dev == b->dev && a->ino == b->ino && a->size == b->size && a->changed.tv_sec == b->changed.tv_sec &&
		a->changed.tv_nsec == b->changed.tv_nsec;
}

static bool was_there(const struct written *written, const struct written_file *file)
{
	for (unsigned i = 0; i < written->count; i++)
		if (is_same(&written->before[i], file))
			return true;
	return false;
}

static void look(struct walk *walk, const struct stat *st)
{
	const struct written_file file = file_of(st);
	char size[DECIMAL_MAX];

	if (walk->begun != NULL) {
		if (walk->begun->count < WRITTEN_FILES_MAX)
			walk->begun->before[walk->begun->count++] = file;
		return;
	}
	if (was_there(walk->written, &file))
		return;
	(void)digits_decimal(size, st->st_size);
	list_text_add(walk->list, walk->path, size);
}

static void walk_directory(struct walk *walk, int fd, unsigned depth);

static void walk_entry(struct walk *walk, int dir, const char *name, unsigned depth)
{
	struct stat st;

	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) != 0) {
		walk->unseen += errno != ENOENT;
		return;
	}
	if (S_ISREG(st.st_mode))
		look(walk, &st);
	if (!S_ISDIR(st.st_mode))
		return;
	OWN_FD int fd = depth == DEPTH_MAX ? -1 : root_openat(dir, name, O_RDONLY | O_DIRECTORY, 0);

	if (fd >= 0)
		walk_directory(walk, fd, depth + 1);
	else
		walk->unseen++;
}

static void walk_directory(struct walk *walk, int fd, unsigned depth)
{
	const size_t len = strlen(walk->path);
	struct directory names;
	const struct dirent64 *entry;
	int next;

	directory_begin(&names, fd);
	while ((next = directory_next(&names, &entry)) == 1) {
		const int more = snprintf(walk->path + len, sizeof(walk->path) - len, "/%s", entry->d_name);

		if (more > 0 && (size_t)more < sizeof(walk->path) - len)
			walk_entry(walk, fd, entry->d_name, depth);
		else
			walk->unseen++;
	}
	walk->unseen += next < 0;
	walk->path[len] = '\0';
}

static void walk_held(struct walk *walk, const struct held *held)
{
	for (unsigned i = 0; i < held->count; i++) {
		OWN_FD int own =
			root_openat(held->at[i].fd, ".", O_RDONLY | O_DIRECTORY, 0); /* a place of its own in it */

		strcpy(walk->path, held->at[i].uuid);
		if (own >= 0)
			walk_directory(walk, own, 0);
	}
}

void written_begin(struct written *written, const struct held *held)
{
	struct walk walk = { .begun = written };

	written->count = 0;
	walk_held(&walk, held);
}

void written_text(char text[WRITTEN_TEXT_MAX], const struct written *written, const struct held *held)
{
	struct list_text list;
	struct walk walk = { .written = written, .list = &list };

	list_text_begin(&list, text, WRITTEN_TEXT_MAX);
	walk_held(&walk, held);
	list.more += walk.unseen; /* only now: after "more" the list names no file */
	list_text_end(&list);
}
