/* SPDX-License-Identifier: Apache-2.0 */
/* setup_sending: the folder nova-path on the PATH of nova-compute, as a part of setup's plan. */
#ifndef ADMIN_SETUP_SENDING_H
#define ADMIN_SETUP_SENDING_H

#include "admin/setup/plan.h"

/* Plans a drop-in of the unit or, where a script starts nova-compute, lines in /etc/default. 0; -1 and the trouble if
 * there is no nova-compute here, or no folder, or if another file has that name. */
MUST_USE int setup_sending_plan(struct setup *setup, struct trouble *trouble);

/* Does the plan change the PATH of nova-compute? */
bool setup_touches_sending(const struct setup *setup);

#endif
