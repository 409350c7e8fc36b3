/* SPDX-License-Identifier: Apache-2.0 */
/* setup_keys: the keys with which the user logs in, copied to a file of root's. */
#ifndef ADMIN_SETUP_KEYS_H
#define ADMIN_SETUP_KEYS_H

#include "admin/setup/plan.h"

#define SETUP_KEYS_DIRECTORY "/etc/ssh/authorized_keys.d"

/* Asks sshd how the user logs in today, plans the file of keys unless it exists, and notes what setup leaves in force.
 * Fails with -1 and the trouble. */
MUST_USE int setup_keys_plan(struct setup *setup, struct trouble *trouble);

#endif
