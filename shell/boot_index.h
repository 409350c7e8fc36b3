/* boot_index: which instances of a root have boot files, kept in .rssh-nova/boot-files of it for a minute. An
 * SFTP session names no path and would else look into every instance of the node, for files that few have.
 * Takes:   the entries of [paths] read that name a place in each instance, as one text.
 * Gives:   uuids, and nothing by itself: a place is granted when it is there and [paths] allows it.
 * Stale:   one that was kept before the root last changed, before a reboot, for other places, or for longer than
 *          BOOT_INDEX_SECONDS does not count. An instance that is there and gets its first boot file is so
 *          missed for that long.
 * Kept:    where looking takes long, and never with a time of the root that could come twice.
 * What cannot be read or written is not there; the answer then comes from a look at every instance. */
#ifndef SHELL_BOOT_INDEX_H
#define SHELL_BOOT_INDEX_H

#include <stddef.h>

#include "policy/config.h"

enum {
	BOOT_INDEX_SECONDS = 60,
	BOOT_INDEX_LEAST = 256,	    /* instances; fewer are looked at faster than a file is kept */
	BOOT_INDEX_MAX = 256 * 1024, /* bytes */
};

struct boot_index {
	size_t head, at, len; /* bytes: of the first line, handed out, in all */
	size_t seen;	      /* instances looked at */
	char text[BOOT_INDEX_MAX];
};

/* Begins a new, empty one. To be called before the first look. */
void boot_index_begin(struct boot_index *out, int root, const struct config *config);

/* Takes one up that was begun now, when a valid one was kept. */
MUST_USE bool boot_index_read(struct boot_index *index, int root, const struct config *config);

/* The next uuid of it, borrowed until the next call; NULL at the end. */
const char *boot_index_next(struct boot_index *index);

/* One more instance was looked at, and has boot files or not. */
void boot_index_add(struct boot_index *index, const char *uuid, bool has_files);

/* For the next session, if it can be. */
void boot_index_keep(const struct boot_index *index, int root);

#endif
