/* SPDX-License-Identifier: Apache-2.0 */
/* nova_option: the options of Nova that set where and how it copies disks, and in which format, with their older names
 * and defaults.
 * Source: nova/conf/compute.py, libvirt.py and imagecache.py. */
#ifndef ADMIN_NOVA_OPTION_H
#define ADMIN_NOVA_OPTION_H

#include "admin/nova_source.h"

enum nova_option {
	NOVA_OPTION_INSTANCES_PATH,
	NOVA_OPTION_TRANSPORT,
	NOVA_OPTION_IMAGE_CACHE,
	NOVA_OPTION_IMAGES_TYPE,
	NOVA_OPTION_COW_IMAGES,
};

const char *nova_option_name(enum nova_option option);

/* The value in force, which may be the default; false if it contains a variable that we do not know. */
MUST_USE bool nova_option_value(char out[NOVA_VALUE_MAX], const struct nova_conf *conf, enum nova_option option);

#endif
