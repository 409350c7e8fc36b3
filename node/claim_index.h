/* SPDX-License-Identifier: Apache-2.0 */
/* hint: which instances of a root may be claimed, as empty directories .rssh-nova/UUID in it. An SFTP session
 * names no path, and would else have to look at every instance of the node to find those of its peer.
 * rsync-remove of a root looks at the same instances. Gives nothing by itself: what is granted or shown is decided on
 * the claim of the instance. One that is missing costs the owner SFTP and the last step of remove_dir by rsync, until
 * it sends mkdir -p again; one too many costs a look. */
#ifndef NODE_CLAIM_INDEX_H
#define NODE_CLAIM_INDEX_H

#include "policy/attributes.h"

/* 0, also when it is there already; -1 and errno. */
MUST_USE int claim_index_put(int root, const char *uuid);

void claim_index_drop(int root, const char *uuid);

/* Leaves the root as if there had never been a hint, when there is none any more. */
void claim_index_tidy(int root);

/* The directory of the hints as a place for files, made where there is none, owned; -1 and errno. */
MUST_USE int claim_index_make(int root);

/* The directory of the hints for reading, owned; -1 and errno, ENOENT when there has never been one. */
MUST_USE int claim_index_open(int root);

#endif
