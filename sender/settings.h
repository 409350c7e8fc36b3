/* SPDX-License-Identifier: Apache-2.0 */
/* settings: the configuration of the command: rssh-nova.conf (policy/config.h), and of nova.conf only
 * [libvirt]remote_filesystem_transport.
 * Fails:   with a message for a person, and leaves *out untouched. */
#ifndef SENDER_SETTINGS_H
#define SENDER_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>

#include "policy/attributes.h"
#include "policy/config.h"
#include "sender/remotefs.h"

/* If path is NULL, reads /etc/rssh-nova.conf, or takes the defaults if that does not exist. The file must be a regular
 * file of root or of this user, and writable by nobody else: an ssh option can run commands. */
MUST_USE bool settings_read(struct config *out, const char *path, char *why, size_t size);

/* Nova's own file of at most 1 MiB, read as oslo.config reads it (base/nova_conf.h). REMOTEFS_SSH if it does not say.
 * */
MUST_USE bool settings_nova_transport(enum remotefs_transport *out, const char *path, char *why, size_t size);

/* "ssh" or "rsync", else REMOTEFS_NONE. */
enum remotefs_transport settings_transport(const char *word);

#endif
