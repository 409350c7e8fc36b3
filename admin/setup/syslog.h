/* SPDX-License-Identifier: Apache-2.0 */
/* setup_syslog: the audit in a file of its own, which is rotated. */
#ifndef ADMIN_SETUP_SYSLOG_H
#define ADMIN_SETUP_SYSLOG_H

#include "admin/setup/plan.h"

/* Without rsyslog or logrotate, plans nothing for it and leaves a note. Fails with -1 and the trouble. */
MUST_USE int setup_syslog_plan(struct setup *setup, struct trouble *trouble);

/* Does the plan change rsyslog's configuration? */
bool setup_touches_rsyslog(const struct setup *setup);

#endif
