/* SPDX-License-Identifier: Apache-2.0 */
/* setup_apply: does what setup_plan found, or takes back what the manifest holds. */
#ifndef ADMIN_SETUP_APPLY_H
#define ADMIN_SETUP_APPLY_H

#include "admin/setup/plan.h"

/* All or nothing: on failure the host is as it was, and trouble says if not even that could be
 * done. */
MUST_USE int setup_apply(struct setup *setup, struct trouble *trouble);

/* Fails before anything is changed when what sshd reads was altered by others since.
 * Fills the plan with what is there to be taken back. */
MUST_USE int setup_undo_plan(struct setup *setup, struct trouble *trouble);

/* Takes back what setup_undo_plan() found, the last first; one that fails can be gone on with
 * later. */
MUST_USE int setup_undo(struct setup *setup, struct trouble *trouble);

#endif
