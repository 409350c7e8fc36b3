/* SPDX-License-Identifier: Apache-2.0 */
/* setup_shell: rssh-nova as the user's login shell, and in /etc/shells. */
#ifndef ADMIN_SETUP_SHELL_H
#define ADMIN_SETUP_SHELL_H

#include "admin/setup/plan.h"

/* Fails with -1 and the trouble, also if the user is not in /etc/passwd. */
MUST_USE int setup_shell_plan(struct setup *setup, struct trouble *trouble);

#endif
