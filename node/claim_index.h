/* SPDX-License-Identifier: Apache-2.0 */
/* claim_index: which instances of a root may be claimed, as empty directories .rssh-nova/UUID below it. An SFTP session
 * names no path: without the index it would read the claim of every instance to find those of its peer. rsync-remove of
 * a root uses the index too.
 * An entry grants nothing: only the claim on the instance does. If an entry is missing, its owner has no SFTP and no
 * last step of remove_dir by rsync until it sends mkdir -p again. An entry too many costs one look. */
#ifndef NODE_CLAIM_INDEX_H
#define NODE_CLAIM_INDEX_H

#include "policy/attributes.h"

/* Adds an entry. Returns 0, also if it exists; -1 and errno. */
MUST_USE int claim_index_put(int root, const char *uuid);

/* Removes an entry, if it exists. */
void claim_index_drop(int root, const char *uuid);

/* Removes the directory of the index if it has no entry. */
void claim_index_tidy(int root);

/* Opens the directory of the index to add files, and makes it if it is missing. Returns it, owned, or -1 and errno. */
MUST_USE int claim_index_make(int root);

/* Opens the directory of the index to read. Returns it, owned, or -1 and errno: ENOENT if the root has no index. */
MUST_USE int claim_index_open(int root);

#endif
