/* SPDX-License-Identifier: Apache-2.0 */
/* other_root: another root directory, such as an image that is built, and a command of the rssh-nova-admin in it.
 * Takes:   its directory, which root alone should be able to write; its programs run here.
 * Does:    in mount and PID namespaces of its own, with /proc, an empty /run and the plain devices there, so that
 * nothing of this host is seen or told, and nothing is left in the image but what the command writes.
 * Returns: the exit status of the command.
 * Fails:   with ADMIN_CANNOT and a line on standard error. Needs CAP_SYS_ADMIN.
 * Source: mount_namespaces(7), pid_namespaces(7), chroot(2). */
#ifndef ADMIN_SETUP_OTHER_ROOT_H
#define ADMIN_SETUP_OTHER_ROOT_H

#include "admin/options.h"

MUST_USE int other_root_run(const char *directory, const char *command, const struct options *options);

#endif
