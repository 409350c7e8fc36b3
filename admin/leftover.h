/* SPDX-License-Identifier: Apache-2.0 */
/* leftover: an instance directory that only a failed migration can have left. Its claim and the grace time have ended;
 * it is not empty; none of its files is locked or another user's; and libvirt has no domain with that uuid. Nova
 * defines a domain for each instance on this node, running or not.
 * Source: libvirt's domains are files of /etc/libvirt/qemu (libvirt, src/conf/virdomainobjlist.c). */
#ifndef ADMIN_LEFTOVER_H
#define ADMIN_LEFTOVER_H

#include <stdbool.h>
#include <stddef.h>

#include "policy/attributes.h"
#include "policy/claim.h"
#include "policy/config.h"

#define LEFTOVER_DOMAINS "/etc/libvirt/qemu"

enum {
	LEFTOVER_COMMAND_MAX = 512,
};

/* The domains that libvirt has defined. */
struct domains {
	bool known;
	char *text; /* of all definitions; owned for the life of the process */
	size_t len;
};

/* Needs root. known is false if they cannot be read, for example because libvirt runs in a container. */
void domains_read(struct domains *out);

/* fd is the directory uuid. Call it with the rights of the user of rssh-nova. */
bool leftover_is(int fd, const char *uuid, const struct config *config, const struct domains *domains);

/* The command that clears it; "" if the domains are not known, because then it may be an instance. */
void leftover_command(char out[LEFTOVER_COMMAND_MAX], const struct domains *domains, const char *user, const char *root,
	const char *uuid);

#endif
