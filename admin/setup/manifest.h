/* SPDX-License-Identifier: Apache-2.0 */
/* manifest: the changes that setup made on this host, so that it can undo them:
 * /var/lib/rssh-nova/setup/manifest, one JSON object that only root can read. Written before the first change, removed
 * after the last undo. The directory is the lock of setup. */
#ifndef ADMIN_SETUP_MANIFEST_H
#define ADMIN_SETUP_MANIFEST_H

#include "admin/setup/change.h"

#define MANIFEST_DIRECTORY "/var/lib/rssh-nova/setup"
#define MANIFEST_PATH MANIFEST_DIRECTORY "/manifest"

enum {
	MANIFEST_USER_MAX = 64,
};

struct manifest {
	char user[MANIFEST_USER_MAX]; /* "" if there is no manifest */
	struct changes changes;
};

/* Returns an empty manifest if there is no file. Fails with -1 if the file is not a manifest. */
MUST_USE int manifest_read(struct manifest *out, struct trouble *trouble);

/* The text of the file. Owned by the caller. */
char *manifest_text(const struct manifest *manifest);

MUST_USE int manifest_write(const char *text, struct trouble *trouble);

/* Adds new changes, and updates the entry of a file or lines that change again. Copies the texts. */
MUST_USE int manifest_add(struct manifest *manifest, const struct changes *more, struct trouble *trouble);

/* The entry for a path, or NULL. */
const struct change *manifest_find(const struct manifest *manifest, enum change_kind kind, const char *path);

/* Creates the directory if it is missing, and locks it until the process ends. */
MUST_USE int manifest_lock(struct trouble *trouble);

/* Removes the directories of manifest_lock() if they are empty. */
void manifest_unlock(void);

/* Removes the file, and the directories if they are then empty. */
MUST_USE int manifest_remove(struct trouble *trouble);

#endif
