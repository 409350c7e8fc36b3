/* SPDX-License-Identifier: Apache-2.0 */
/* installed: where a part of this project lies that was installed together with rssh-nova-admin.
 * Source: proc(5), /proc/self/exe; GNUInstallDirs of CMake. */
#ifndef ADMIN_SETUP_INSTALLED_H
#define ADMIN_SETUP_INSTALLED_H

#include <limits.h>

/* Tries each place in turn, as a path from the directory of rssh-nova-admin. Returns found, which has the first of
 * them that exists, without links; NULL if none does. */
const char *installed_find(const char *const places[], unsigned count, char found[PATH_MAX]);

#endif
