/* SPDX-License-Identifier: Apache-2.0 */
/* nova_source: the configuration files of one nova-compute on this node, in the places of known deployments.
 * Takes:   names of files or directories, or none for every known place that has a file.
 * Returns: their settings, merged, and a label for messages.
 * Source:  oslo.config, find_config_files() and find_config_dirs(); /etc/init.d/nova-compute of Debian and Ubuntu,
 *          which names its files, so that directories are read before them; RDO's nova-dist.conf; kolla-ansible's
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
	char trouble[NOVA_LABEL_MAX]; /* why a file cannot be read; "" for none. Such a file counts as empty */
};

typedef void nova_source_fn(void *context, const struct nova_source *source);

/* names is ended by NULL; a directory means its *.conf. Returns the number of sources that have a file. */
unsigned nova_sources_each(const char *const *names, nova_source_fn *look, void *context);

#endif
