/* nova_conf: the settings of nova.conf that must agree with ours, read as oslo.config reads them:
 * the last one of a key counts, a line that begins with a blank belongs to the value before it and
 * is passed over, "$state_path" is put in. */
#ifndef INSTALL_ADMIN_NOVA_CONF_H
#define INSTALL_ADMIN_NOVA_CONF_H

#include "policy/attributes.h"

enum {
	NOVA_VALUE_MAX = 512,
};

struct nova_conf {
	char instances_path[NOVA_VALUE_MAX];
	char transport[NOVA_VALUE_MAX]; /* remote_filesystem_transport in [libvirt] */
};

/* Nova's defaults where the file says nothing. -1 and errno when it cannot be read. */
MUST_USE int nova_conf_read(struct nova_conf *out, const char *path);

#endif
