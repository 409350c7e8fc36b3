/* SPDX-License-Identifier: Apache-2.0 */
#include "wall/view.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "policy/right.h"

#define RIGHTS_TO_WRITE \
	((unsigned)(RIGHT_WRITE_FILE | RIGHT_TRUNCATE | RIGHT_MAKE_REG | RIGHT_MAKE_DIR | RIGHT_REMOVE_FILE | \
		RIGHT_REMOVE_DIR))

/* Is path the directory above or below it? */
static bool is_below(const char *path, const char *above)
{
	const size_t len = strlen(above);

	return strncmp(path, above, len) == 0 && (path[len] == '\0' || path[len] == '/');
}

static struct view_entry *above(struct view *view, const char *path)
{
	for (unsigned i = 0; i < view->count; i++)
		if (is_below(path, view->at[i].path))
			return &view->at[i];
	return NULL;
}

static const char *same(const struct view *view, const struct stat *st)
{
	for (unsigned i = 0; i < view->count; i++)
		if (view->at[i].dev == st->st_dev && view->at[i].ino == st->st_ino)
			return view->at[i].path;
	return NULL;
}

static int show(struct view *view, unsigned limit, const char *path, int fd, bool writable, bool code)
{
	struct view_entry *const whole = above(view, path);
	struct stat st;

	if (whole != NULL) {
		whole->writable = whole->writable || writable;
		return 0;
	}
	if (fstat(fd, &st) != 0)
		return -1;
	if (view->count >= limit) {
		errno = ENOSPC;
		return -1;
	}
	view->at[view->count++] = (struct view_entry){
		.dev = st.st_dev,
		.ino = st.st_ino,
		.type = st.st_mode & S_IFMT,
		.path = path,
		.same = code ? same(view, &st) : NULL,
		.writable = writable,
		.code = code,
	};
	return 0;
}

/* Finds the path of fd. The file is checked when it is shown, and must be the same then. */
static const char *path_of(struct view *view, int fd)
{
	const size_t room = sizeof(view->text) - view->used;
	char *const path = view->text + view->used;
	char name[32];
	ssize_t len;

	snprintf(name, sizeof(name), "/proc/self/fd/%d", fd);
	len = readlink(name, path, room);
	if (len < 0)
		return NULL;
	if ((size_t)len >= room || path[0] != '/') {
		errno = ENOSPC;
		return NULL;
	}
	path[len] = '\0';
	return path;
}

int view_show(struct view *view, int fd, unsigned rights)
{
	const unsigned count = view->count;
	const char *const path = path_of(view, fd);

	if (path == NULL || show(view, VIEW_GRANTED_MAX, path, fd, (rights & RIGHTS_TO_WRITE) != 0, false) != 0)
		return -1;
	if (view->count != count)
		view->used += strlen(path) + 1;
	return 0;
}

int view_show_named(struct view *view, const char *path, int fd, bool code)
{
	return show(view, VIEW_PLACES_MAX, path, fd, false, code);
}

int view_show_whole(struct view *view, int fd, unsigned rights)
{
	const char *const path = path_of(view, fd);
	unsigned kept = 0;

	if (path == NULL)
		return -1;
	for (unsigned i = 0; i < view->count; i++)
		if (!is_below(view->at[i].path, path))
			view->at[kept++] = view->at[i];
		else if (view->at[i].writable)
			rights |= RIGHTS_TO_WRITE;
	view->count = kept;
	view->whole_roots = true;
	return view_show(view, fd, rights);
}
