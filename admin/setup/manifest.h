/* SPDX-License-Identifier: Apache-2.0 */
/* manifest: what setup has changed on this host, kept so that it can be taken back:
 * /var/lib/rssh-nova/setup/manifest, one JSON object, root's alone. It is written before anything
 * is changed, and taken away after all has been taken back. The directory is the lock of setup. */
#ifndef ADMIN_SETUP_MANIFEST_H
#define ADMIN_SETUP_MANIFEST_H

#include "admin/setup/change.h"

#define MANIFEST_DIRECTORY "/var/lib/rssh-nova/setup"
#define MANIFEST_PATH MANIFEST_DIRECTORY "/manifest"

enum {
	MANIFEST_USER_MAX = 64,
};

struct manifest {
	char user[MANIFEST_USER_MAX]; /* "" when there is none */
	struct changes changes;
};

/* No file is an empty manifest. -1 when it is not one of ours. */
MUST_USE int manifest_read(struct manifest *out, struct trouble *trouble);

/* Its file, whole. Owned by the caller. */
char *manifest_text(const struct manifest *manifest);

MUST_USE int manifest_write(const char *text, struct trouble *trouble);

/* Adds what is new, and what a file or lines are from now on. Takes copies. */
MUST_USE int manifest_add(struct manifest *manifest, const struct changes *more, struct trouble *trouble);

/* The entry for a path, or NULL. */
const struct change *manifest_find(const struct manifest *manifest, enum change_kind kind, const char *path);

/* Makes the directory where it is missing, and locks it until the process ends. */
MUST_USE int manifest_lock(struct trouble *trouble);

/* Takes away the directories that manifest_lock() made, when nothing is in them. */
void manifest_unlock(void);

/* Takes away the file, and the directories that are empty then. */
MUST_USE int manifest_remove(struct trouble *trouble);

#endif
