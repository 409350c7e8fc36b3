/* SPDX-License-Identifier: Apache-2.0 */
/* setup_libvirt: the hook through which libvirt asks rssh-nova before it starts a domain. */
#ifndef ADMIN_SETUP_LIBVIRT_H
#define ADMIN_SETUP_LIBVIRT_H

#include "admin/setup/plan.h"

/* Plans the hook beside the hooks of others. Fails with -1 and the trouble if it cannot work here, or if another file
 * has its name. */
MUST_USE int setup_libvirt_plan(struct setup *setup, struct trouble *trouble);

/* Does the plan change the hook? */
bool setup_touches_libvirt(const struct setup *setup);

#endif
