/* SPDX-License-Identifier: Apache-2.0 */
/* config_open: reads the configuration, if its open descriptor can be trusted: a regular file that root or the running
 * user owns, that neither group nor others can write, of at most CONFIG_MAX bytes. */
#ifndef NODE_CONFIG_OPEN_H
#define NODE_CONFIG_OPEN_H

#include "base/fault.h"
#include "policy/attributes.h"
#include "policy/config.h"

#define CONFIG_PATH "/etc/rssh-nova.conf"

/* Reads the file at path, and narrows it by a profile of it, "" for none. of_root: only root may own it.
 * Returns 0, or -1 and a fault; *out then holds the defaults. */
MUST_USE int config_open(struct config *out, const char *path, bool of_root, const char *profile, struct fault *fault);

/* Reads only the bytes of that file, for a caller that reports all its faults. *out borrows the buffer of read_file().
 * */
MUST_USE int config_read(struct bytes *out, const char *path, bool of_root, struct fault *fault);

/* The same for another file that must be trusted as much, of at most limit bytes. */
MUST_USE int config_file_read(struct bytes *out, const char *path, bool of_root, size_t limit, struct fault *fault);

#endif
