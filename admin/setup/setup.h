/* SPDX-License-Identifier: Apache-2.0 */
/* setup: puts rssh-nova in place on this host, and takes it back. See rssh-nova-admin(8), setup.
 * All of it is done, or nothing is: what is asked for is judged first, by sshd too, and a step that
 * fails has the steps before it taken back.
 * Gives:   0 done, or nothing to do; 1 not done; 2 wrong usage. */
#ifndef ADMIN_SETUP_SETUP_H
#define ADMIN_SETUP_SETUP_H

#include "admin/options.h"

int setup_run(const struct options *options);

#endif
