/* SPDX-License-Identifier: Apache-2.0 */
/* listing: what is sent of an instance directory, in its order: files, then directories, disk.info last. Nothing is
 * listed unless all of it can be sent, because Nova has powered the guest off by then.
 * Fails:   with fs's fault.
 * Owns:    nothing; fs and the paths are borrowed. */
#ifndef SENDER_LISTING_H
#define SENDER_LISTING_H

#include <stdbool.h>
#include <stddef.h>

#include "policy/attributes.h"
#include "policy/limits.h"
#include "sender/context.h"

enum {
	LISTING_MAX = 256, /* entries */
};

struct listing_entry {
	char name[COMPONENT_MAX + 1];
	bool is_dir;
	bool beside_others; /* a small file, which may be in flight with others */
	bool free_name;	    /* no command line can have this name: copy the file into the directory, so that the
			   name travels inside the protocol */
};

struct listing {
	struct remotefs *fs;
	const char *dir, *remote;
	size_t count;
	struct listing_entry at[LISTING_MAX];
};

/* dir: the directory here. remote: its path on the far end. */
MUST_USE enum remotefs_error listing_read(
	struct listing *out, struct remotefs *fs, const char *dir, const char *remote);

#endif
