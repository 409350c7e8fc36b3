/* SPDX-License-Identifier: Apache-2.0 */
/* mirror: a private directory in which rsync does what its stream asks for. We look at the result before we touch
 * anything real.
 * For rsync-create it stands for "/" and is empty. For rsync-remove it stands for the directory on the command line, and
 * holds an empty placeholder for each name that the peer may remove there (shell/removable.h).
 * Then we read and clear it in one pass. The result must be exactly one chain of directories, with at most one empty
 * file at its end; or every placeholder except one. Nova asks for nothing else.
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
	char path[MIRROR_PATH_MAX]; /* of fd, as the child sees it, without symlinks; name below parent */
	const char *name;
	struct placeholders *placeholders; /* owned; NULL for rsync-create */
	const char *origin; /* the path on the command line, which holds what the placeholders stand for */
};

enum mirror_kind {
	MIRROR_OTHER,	/* Nova asks for no such thing */
	MIRROR_NOTHING, /* the stream asked for nothing, or for what does not exist */
	MIRROR_ASKED,
};

/* What a stream asked for. */
struct asked {
	enum mirror_kind kind;
	enum op op;	    /* mkdir, touch, remove or rmdir */
	char path[CMD_MAX]; /* absolute */
};

/* Makes an empty mirror, for rsync-create: on the scratch file system of wall/namespace.h, or in /tmp if scratch is -1.
 * Returns 0, or -1 and a fault. */
MUST_USE int mirror_make(struct mirror *out, int scratch, struct fault *fault);

/* The mirror now stands for the directory origin, which it borrows, and has no placeholder yet. Returns 0, or -1 and a
 * fault. */
MUST_USE int mirror_stand_for(struct mirror *mirror, const char *origin, struct fault *fault);

/* Adds a placeholder. Returns 0, or -1 and errno: E2BIG beyond MIRROR_PLACEHOLDERS_MAX. */
MUST_USE int mirror_put(struct mirror *mirror, const char *name, bool directory);

/* Does it have more entries than any stream of Nova makes? Cheap enough to ask while the child runs. */
bool mirror_is_overgrown(const struct mirror *mirror);

/* Reads what the stream asked for, and removes the mirror. */
void mirror_read(struct asked *out, struct mirror *mirror);

/* Removes the mirror, unread. */
void mirror_clear(struct mirror *mirror);

#endif
