/* SPDX-License-Identifier: Apache-2.0 */
/* installed: the path of another part of this project that was installed together with the running program.
 * Source: proc(5), /proc/self/exe; GNUInstallDirs of CMake. */
#ifndef BASE_INSTALLED_H
#define BASE_INSTALLED_H

#include <limits.h>

/* places are relative to the directory of the running program. Returns found, with the first place that exists, links
 * resolved; NULL if none exists. */
const char *installed_find(const char *const places[], unsigned count, char found[PATH_MAX]);

#endif
