/* SPDX-License-Identifier: Apache-2.0 */
/* setup: installs rssh-nova as the shell of its user on this host, and undoes that. See rssh-nova-admin(8), setup.
 * All or nothing: it first has sshd check the new configuration, and if a step fails, it undoes the steps before.
 * Returns: an exit status of exit_code.h. */
#ifndef ADMIN_SETUP_SETUP_H
#define ADMIN_SETUP_SETUP_H

#include "admin/options.h"

int setup_run(const struct options *options);

#endif
