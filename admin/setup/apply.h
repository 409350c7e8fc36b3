/* SPDX-License-Identifier: Apache-2.0 */
/* setup_apply: makes the changes of the plan, or undoes the changes in the manifest. */
#ifndef ADMIN_SETUP_APPLY_H
#define ADMIN_SETUP_APPLY_H

#include "admin/setup/plan.h"

/* All or nothing: on failure it undoes the changes that it made. trouble says so if it cannot undo one. */
MUST_USE int setup_apply(struct setup *setup, struct trouble *trouble);

/* Fills the plan with the changes of the manifest that are still in place.
 * Fails, before anything is undone, if others have altered a change in sshd's configuration. */
MUST_USE int setup_undo_plan(struct setup *setup, struct trouble *trouble);

/* Undoes the plan of setup_undo_plan(), the last change first. After a failure, call both again to continue. */
MUST_USE int setup_undo(struct setup *setup, struct trouble *trouble);

#endif
