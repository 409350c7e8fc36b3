/* SPDX-License-Identifier: Apache-2.0 */
/* leftover: an instance directory that only a failed migration can have left. Its claim is over, grace included; it
 * holds something; none of that is locked or another user's; and libvirt has no domain of that uuid defined here, as it
 * has of every instance that Nova has on this node, running or not.
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

/* What libvirt has defined. */
struct domains {
	bool known;
	char *text; /* of all definitions; owned for the life of the process */
	size_t len;
};

/* Only root can read them; known is false if they cannot be read, or are elsewhere, as in a container. */
void domains_read(struct domains *out);

/* fd is the directory uuid. Looked at with the eyes of the user that rssh-nova runs as. */
bool leftover_is(int fd, const char *uuid, const struct config *config, const struct domains *domains);

/* The command that clears it, "" if the domains are not known: then nobody can tell that it is no instance. */
void leftover_command(char out[LEFTOVER_COMMAND_MAX], const struct domains *domains, const char *user, const char *root,
	const char *uuid);

#endif
