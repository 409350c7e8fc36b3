/* SPDX-License-Identifier: Apache-2.0 */
/* other_root: runs a command of the rssh-nova-admin that is installed in another root directory, such as an image.
 * Takes:   the directory. Its programs run as root, so only root should be able to write there.
 * Does:    runs it in new mount and PID namespaces, with /proc, an empty /run and the plain devices. The command sees
 * and signals nothing of this host, and leaves nothing in the image except what it writes itself.
 * Returns: the exit status of the command.
 * Fails:   with ADMIN_CANNOT and a line on standard error. Needs CAP_SYS_ADMIN.
 * Source: mount_namespaces(7), pid_namespaces(7), chroot(2). */
#ifndef ADMIN_SETUP_OTHER_ROOT_H
#define ADMIN_SETUP_OTHER_ROOT_H

#include "admin/options.h"

MUST_USE int other_root_run(const char *directory, const char *command, const struct options *options);

#endif
