/* SPDX-License-Identifier: Apache-2.0 */
/* setup_sshd: our block in sshd's configuration, in a drop-in or, without Include, in the main file. */
#ifndef ADMIN_SETUP_SSHD_H
#define ADMIN_SETUP_SSHD_H

#include "admin/setup/plan.h"

/* Plans the block and fills setup->stage. Fails with -1 and the trouble. */
MUST_USE int setup_sshd_plan(struct setup *setup, struct trouble *trouble);

/* Fills setup->stage with the configuration without our block. Fails with -1 and the trouble. */
MUST_USE int setup_sshd_undo_stage(struct setup *setup, struct trouble *trouble);

/* Does the plan change sshd's configuration? */
bool setup_touches_sshd(const struct setup *setup);

#endif
