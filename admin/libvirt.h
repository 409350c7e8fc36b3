/* SPDX-License-Identifier: Apache-2.0 */
/* libvirt: the libvirt of this host, as far as its hooks are concerned.
 * Source: https://libvirt.org/hooks.html; libvirt's src/util/virhook.c: a daemon looks for hooks when it starts, and
 * calls none if it found none then. Programs in hooks/qemu.d are run from 6.5 on. */
#ifndef ADMIN_LIBVIRT_H
#define ADMIN_LIBVIRT_H

#include <stdbool.h>
#include <stdint.h>

#include "policy/attributes.h"

#define LIBVIRT_HOOKS "/etc/libvirt/hooks"
#define LIBVIRT_HOOK_DIRECTORY LIBVIRT_HOOKS "/qemu.d"
#define LIBVIRT_HOOK LIBVIRT_HOOK_DIRECTORY "/rssh-nova"

struct libvirt_version {
	unsigned major, minor; /* 0 and 0 if nobody says */
};

/* Is it here at all? */
bool libvirt_is_here(void);

/* What libvirtd or virtqemud says of itself. */
void libvirt_version_read(struct libvirt_version *out);

/* Does that version run the programs in qemu.d? True if the version is not known. */
bool libvirt_has_hook_directory(const struct libvirt_version *version);

/* The daemon that runs the domains: its process, or 0 if none runs. */
int libvirt_daemon(void);

/* Was a hook for QEMU in place when the daemon pid started? True if that cannot be told. */
bool libvirt_daemon_knows_hooks(int pid);

/* The text of the hook, with the path of the running rssh-nova-admin. Owned by the caller; NULL without memory. */
char *libvirt_hook_text(void);

/* The path of the running rssh-nova-admin; "" if it is not known. Static. */
const char *libvirt_admin_path(void);

#endif
