/* SPDX-License-Identifier: Apache-2.0 */
/* setup_sending: the folder nova-path on the PATH of nova-compute. */
#ifndef ADMIN_SETUP_SENDING_H
#define ADMIN_SETUP_SENDING_H

#include "admin/setup/plan.h"

/* Plans a drop-in of the unit or, if a script starts nova-compute, lines in /etc/default. Fails with -1 and the trouble
 * if nova-compute or the folder is missing here, or if another file has that name. */
MUST_USE int setup_sending_plan(struct setup *setup, struct trouble *trouble);

/* Does the plan change the PATH of nova-compute? */
bool setup_touches_sending(const struct setup *setup);

#endif
