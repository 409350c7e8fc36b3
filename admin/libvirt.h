/* SPDX-License-Identifier: Apache-2.0 */
/* libvirt: the hooks of this host's libvirt.
 * Source: https://libvirt.org/hooks.html; libvirt's src/util/virhook.c: a daemon looks for hooks when it starts, and
 * calls none if it found none then. libvirt runs the programs in hooks/qemu.d since 6.5. */
#ifndef ADMIN_LIBVIRT_H
#define ADMIN_LIBVIRT_H

#include <stdbool.h>
#include <stdint.h>

#include "policy/attributes.h"

#define LIBVIRT_HOOKS "/etc/libvirt/hooks"
#define LIBVIRT_HOOK_DIRECTORY LIBVIRT_HOOKS "/qemu.d"
#define LIBVIRT_HOOK LIBVIRT_HOOK_DIRECTORY "/rssh-nova"

struct libvirt_version {
	unsigned major, minor; /* 0 and 0 if not known */
};

/* Is libvirt installed on this host? */
bool libvirt_is_here(void);

/* Asks virtqemud or libvirtd for its version. */
void libvirt_version_read(struct libvirt_version *out);

/* Does that version run the programs in qemu.d? True if the version is not known. */
bool libvirt_has_hook_directory(const struct libvirt_version *version);

/* Returns the process of the daemon that runs the domains; 0 if none runs. */
int libvirt_daemon(void);

/* Did a hook for QEMU exist when the daemon pid started? True if we cannot find out. */
bool libvirt_daemon_knows_hooks(int pid);

/* The text of the hook, with the path of the running rssh-nova-admin. Owned by the caller; NULL if there is no memory.
 * */
char *libvirt_hook_text(void);

/* The path of the running rssh-nova-admin; "" if it is not known. Static. */
const char *libvirt_admin_path(void);

#endif
