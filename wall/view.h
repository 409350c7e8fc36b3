/* SPDX-License-Identifier: Apache-2.0 */
/* view: the places that a child behind the second wall sees, gathered while they are granted. All else of the
 * file system is not there for it.
 * A place is kept by its path and by what the open descriptor that was granted is (device and inode), so that
 * nothing else can be shown in its stead. A plain value; owns nothing. */
#ifndef WALL_VIEW_H
#define WALL_VIEW_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "policy/attributes.h"

enum {
	VIEW_GRANTED_MAX = 64,			 /* each costs a mount when the child starts and when it ends */
	VIEW_PLACES_MAX = VIEW_GRANTED_MAX + 16, /* with what programs are made of */
	VIEW_TEXT_MAX = 16 * 1024,
};

struct sight {
	dev_t dev;
	ino_t ino;
	mode_t type;	  /* S_IFMT */
	const char *path; /* absolute; of the caller's view */
	const char *same; /* another path that shows the same, NULL for none */
	bool writable, code;
};

struct view {
	unsigned count;
	bool widened;
	bool entered; /* all else is gone for good: namespace_enter() */
	struct sight at[VIEW_PLACES_MAX];
	size_t used;
	char text[VIEW_TEXT_MAX];
};

/* Shows what fd is: by its own path, with rights (of enum right) saying whether it may be written. What lies
 * below a place that is shown is seen with it, and makes it writable when it is. 0, or -1 and errno: ENOSPC
 * over VIEW_GRANTED_MAX. */
MUST_USE int view_show(struct view *view, int fd, unsigned rights);

/* Shows what a program is made of, fd, by the constant path: to be read and, when code, mapped as code. */
MUST_USE int view_show_named(struct view *view, const char *path, int fd, bool code);

/* Takes out all below the directory fd, and shows it as a whole instead: writable when one of them was, or
 * rights say so. */
MUST_USE int view_widen(struct view *view, int fd, unsigned rights);

#endif
