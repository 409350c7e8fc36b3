/* SPDX-License-Identifier: Apache-2.0 */
/* installed: the path of another part of this project that was installed together with rssh-nova-admin.
 * Source: proc(5), /proc/self/exe; GNUInstallDirs of CMake. */
#ifndef ADMIN_SETUP_INSTALLED_H
#define ADMIN_SETUP_INSTALLED_H

#include <limits.h>

/* places are relative to the directory of rssh-nova-admin. Returns found, with the first place that exists, links
 * resolved; NULL if none exists. */
const char *installed_find(const char *const places[], unsigned count, char found[PATH_MAX]);

#endif
