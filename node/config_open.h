/* SPDX-License-Identifier: Apache-2.0 */
/* config_open: the configuration file, judged on the open descriptor: a regular file of root's or of the
 * running user's, writable by neither group nor others, of at most CONFIG_MAX bytes. */
#ifndef NODE_CONFIG_OPEN_H
#define NODE_CONFIG_OPEN_H

#include "base/fault.h"
#include "policy/attributes.h"
#include "policy/config.h"

#define CONFIG_PATH "/etc/rssh-nova.conf"

/* Reads the file at path whole, narrowed by a profile of it, "" for none. of_root: only root may own it.
 * On failure *out holds the defaults. */
MUST_USE int config_open(struct config *out, const char *path, bool of_root, const char *profile, struct fault *fault);

/* The bytes of that file alone, for who wants all its faults. *out borrows the buffer of read_file(). */
MUST_USE int config_read(struct bytes *out, const char *path, bool of_root, struct fault *fault);

/* The same of another file that is as trusted, of at most limit bytes. */
MUST_USE int config_file_read(struct bytes *out, const char *path, bool of_root, size_t limit, struct fault *fault);

#endif
