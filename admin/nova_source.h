/* SPDX-License-Identifier: Apache-2.0 */
/* nova_source: the files that one nova-compute of this node reads, found where deployments put them.
 * Takes:   files or directories by name, or none: then every place that is known and holds one.
 * Returns: their settings together, and a label for messages.
 * Source:  oslo.config, find_config_files() and find_config_dirs(); /etc/init.d/nova-compute of Debian and Ubuntu,
 *          which names its files, so that directories count before them; RDO's nova-dist.conf; kolla-ansible's
 *          config_directory; edpm-ansible's edpm_nova; TripleO's puppet-generated. */
#ifndef ADMIN_NOVA_SOURCE_H
#define ADMIN_NOVA_SOURCE_H

#include "base/nova_conf.h"

enum {
	NOVA_LABEL_MAX = 512,
};

struct nova_source {
	struct nova_conf conf; /* owned */
	unsigned files;
	char label[NOVA_LABEL_MAX];   /* "/etc/nova/nova.conf and 2 more"; "" for no file */
	char trouble[NOVA_LABEL_MAX]; /* why a file could not be read; "" for none. It counts as empty */
};

typedef void nova_source_fn(void *context, const struct nova_source *source);

/* names is ended by NULL; a directory stands for its *.conf. Returns the number of sources that hold a file. */
unsigned nova_sources_each(const char *const *names, nova_source_fn *look, void *context);

#endif
