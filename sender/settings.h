/* SPDX-License-Identifier: Apache-2.0 */
/* settings: what the command takes from files: rssh-nova.conf (policy/config.h), and nova.conf for
 * [libvirt]remote_filesystem_transport alone.
 * Fails with a message for a person; *out is then untouched. */
#ifndef SENDER_SETTINGS_H
#define SENDER_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>

#include "policy/attributes.h"
#include "policy/config.h"
#include "sender/remotefs.h"

/* path NULL: /etc/rssh-nova.conf, and the defaults when there is none. The file must be a regular one of root's or
 * ours that no one else can write: an ssh option is a command to run. */
MUST_USE bool settings_read(struct config *out, const char *path, char *why, size_t size);

/* Nova's own file of at most 1 MiB, read as oslo.config reads it (base/nova_conf.h). REMOTEFS_SSH if it is silent. */
MUST_USE bool settings_nova_transport(enum remotefs_transport *out, const char *path, char *why, size_t size);

/* "ssh" or "rsync", else REMOTEFS_NONE. */
enum remotefs_transport settings_transport(const char *word);

#endif
