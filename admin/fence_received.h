/* SPDX-License-Identifier: Apache-2.0 */
/* fence_received: an instance that a peer brought, as long as no fence has found all its images good. It has the peer's
 * claim, or a seal without a claim (node/seal.h).
 * Source: getxattr(2). */
#ifndef ADMIN_FENCE_RECEIVED_H
#define ADMIN_FENCE_RECEIVED_H

#include "admin/fence_place.h"
#include "node/image_check.h"

/* An instance directory with the files that are about to be opened. Borrows. */
struct fence_received {
	const struct config *config;
	const char *root_path; /* as the configuration spells it */
	int root, fd;
	unsigned root_number;
	const char *uuid;
	const struct fence_place *places; /* of any instance */
	unsigned place_count;
};

/* Has the directory fd a seal? True also if it cannot look. */
bool fence_is_sealed(int fd);

/* Is one of the directories of an absolute path one that a peer brought? True also if one is missing, because a peer may
 * make it, and if it cannot look. Needs no configuration. */
bool fence_path_is_received(const char *path);

/* Remembers that the instance has lived here before all its images were good. If that fails, later looks refuse too
 * much. */
void fence_set_lived(int fd);

/* Judges all images of the instance: a program may open another one later, when there is no claim any more. If the
 * instance has lived here, a bad image keeps only itself from being opened, because nova-compute asks for each disk of
 * the node again and again. Deletes none. *all_good: nothing that the peer brought is left to judge.
 * Returns 0, or -1 and *out, which names the file below the instance. */
MUST_USE int fence_received_judge(struct image_report *out, const struct fence_received *one, bool *all_good);

#endif
