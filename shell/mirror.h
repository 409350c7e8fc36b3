/* SPDX-License-Identifier: Apache-2.0 */
/* mirror: a private directory in which rsync does what a stream asks for, so that we can look at what that
 * is before anything real is touched.
 * For rsync-create it stands for "/" and is empty; for rsync-remove it stands for the directory on the
 * command line and holds an empty placeholder for each name that the peer may remove there (shell/removable.h).
 * Afterwards it is read and cleared in one go: what is left must be exactly one chain of directories, with
 * at most one empty file at its end; or every placeholder but one. Anything else is no form of Nova's.
 * Source: nova/virt/libvirt/volume/remotefs.py, RsyncDriver._synchronize_object and _remove_object. */
#ifndef SHELL_MIRROR_H
#define SHELL_MIRROR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/fault.h"
#include "policy/attributes.h"
#include "policy/form.h"

enum {
	MIRROR_PATH_MAX = 256,
	MIRROR_PLACEHOLDERS_MAX = 4096,
};

struct placeholders;

struct mirror {
	int fd, parent;		    /* owned; -1 for none */
	char path[MIRROR_PATH_MAX]; /* of fd, as the child sees it, through no symlink; below parent it is name */
	const char *name;
	struct placeholders *placeholders; /* owned; NULL for rsync-create */
	const char *origin;		   /* what the placeholders stand below: the path on the command line */
};

enum mirror_kind {
	MIRROR_OTHER,	/* nothing that Nova asks for */
	MIRROR_NOTHING, /* nothing was asked for that is there */
	MIRROR_ASKED,
};

/* What a stream asked for. */
struct asked {
	enum mirror_kind kind;
	enum op op;	    /* mkdir, touch, remove or rmdir */
	char path[CMD_MAX]; /* absolute */
};

/* An empty one, for rsync-create: on the scratch file system of wall/namespace.h, or in /tmp for -1. */
MUST_USE int mirror_make(struct mirror *out, int scratch, struct fault *fault);

/* Lets it stand for the directory origin, which it borrows, with no placeholder yet. */
MUST_USE int mirror_stand_for(struct mirror *mirror, const char *origin, struct fault *fault);

/* Puts in a placeholder. -1 and errno: E2BIG over MIRROR_PLACEHOLDERS_MAX. */
MUST_USE int mirror_put(struct mirror *mirror, const char *name, bool directory);

/* Are there more entries than any stream of Nova's makes? Cheap; for while the child runs. */
bool mirror_is_overgrown(const struct mirror *mirror);

/* Reads what the stream left, and clears the mirror away. */
void mirror_read(struct asked *out, struct mirror *mirror);

/* Clears the mirror away, unread. */
void mirror_clear(struct mirror *mirror);

#endif
