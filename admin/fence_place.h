/* SPDX-License-Identifier: Apache-2.0 */
/* fence_place: where a file of a libvirt domain is below the instances directories of this node. */
#ifndef ADMIN_FENCE_PLACE_H
#define ADMIN_FENCE_PLACE_H

#include "admin/domain.h"
#include "policy/config.h"

struct fence_place {
	unsigned root;
	const struct domain_file *file; /* borrowed */
	char rel[CMD_MAX];		/* below the root */
};

/* False if the file is below no instances directory. Also finds a file whose name leads there through a link. */
bool fence_place_find(struct fence_place *out, const struct config *config, const struct domain_file *file);

/* Is the place an instance directory, or in one? */
bool fence_place_is_instance(const struct fence_place *place);

#endif
