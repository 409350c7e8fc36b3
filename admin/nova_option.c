/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/nova_option.h"

#include <stdio.h>
#include <string.h>

static const struct option {
	struct nova_key keys[2];
	size_t count;
	const char *value;
} options[] = {
	[NOVA_OPTION_INSTANCES_PATH] = { { { "DEFAULT", "instances_path" } }, 1, "/var/lib/nova/instances" },
	[NOVA_OPTION_TRANSPORT] = { { { "libvirt", "remote_filesystem_transport" } }, 1, "ssh" },
	[NOVA_OPTION_IMAGE_CACHE] = { { { "image_cache", "subdirectory_name" },
					      { "DEFAULT", "image_cache_subdirectory_name" } },
		2, "_base" },
	[NOVA_OPTION_IMAGES_TYPE] = { { { "libvirt", "images_type" } }, 1, "default" },
	[NOVA_OPTION_COW_IMAGES] = { { { "DEFAULT", "use_cow_images" } }, 1, "True" },
};

const char *nova_option_name(enum nova_option option)
{
	return options[option].keys[0].name;
}

bool nova_option_value(char out[NOVA_VALUE_MAX], const struct nova_conf *conf, enum nova_option option)
{
	/* The default of instances_path follows state_path. */
	static const struct nova_key state_path = { "DEFAULT", "state_path" };
	const struct option *const row = &options[option];

	switch (nova_conf_value(out, conf, row->keys, row->count)) {
	case NOVA_VALUE_SET:
		return true;
	case NOVA_VALUE_UNKNOWN:
		return false;
	case NOVA_VALUE_UNSET:
		break;
	}
	if (option == NOVA_OPTION_INSTANCES_PATH && nova_conf_value(out, conf, &state_path, 1) == NOVA_VALUE_SET)
		snprintf(out + strlen(out), NOVA_VALUE_MAX - strlen(out), "/instances");
	else
		snprintf(out, NOVA_VALUE_MAX, "%s", row->value);
	return true;
}
