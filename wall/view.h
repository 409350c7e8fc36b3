/* SPDX-License-Identifier: Apache-2.0 */
/* view: the files and directories that a child behind the second wall sees, gathered while they are granted. Nothing
 * else of the file system exists for the child.
 * An entry has a path, and the device and inode of the descriptor that was granted, so that no other file can replace
 * it. A plain value; owns nothing. */
#ifndef WALL_VIEW_H
#define WALL_VIEW_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "policy/attributes.h"

enum {
	VIEW_GRANTED_MAX = 64,			 /* each costs a mount when the child starts and when it ends */
	VIEW_PLACES_MAX = VIEW_GRANTED_MAX + 16, /* and the files of programs */
	VIEW_TEXT_MAX = 16 * 1024,
};

struct view_entry {
	dev_t dev;
	ino_t ino;
	mode_t type;	  /* S_IFMT */
	const char *path; /* absolute; of the caller's view */
	const char *same; /* another path of the same; NULL for none */
	bool writable, code;
};

struct view {
	unsigned count;
	bool whole_roots; /* the view was full, so it shows each root as a whole: view_show_whole() */
	bool entered;	  /* namespace_enter() has hidden everything else */
	struct view_entry at[VIEW_PLACES_MAX];
	size_t used;
	char text[VIEW_TEXT_MAX];
};

/* Shows fd at its own path; rights (of enum right) say whether it is writable. An entry below another entry is seen
 * with it, and makes it writable if it is. Returns 0, or -1 and errno: ENOSPC beyond VIEW_GRANTED_MAX. */
MUST_USE int view_show(struct view *view, int fd, unsigned rights);

/* Shows fd, a file of a program, at the constant path: readable and, with code, mappable as code. */
MUST_USE int view_show_named(struct view *view, const char *path, int fd, bool code);

/* Replaces all entries below the directory fd by the whole directory: writable if one of them was, or if rights say
 * so. */
MUST_USE int view_show_whole(struct view *view, int fd, unsigned rights);

#endif
