/* SPDX-License-Identifier: Apache-2.0 */
/* setup_report: what setup did, or would do, for a reader or as one JSON object. */
#ifndef ADMIN_SETUP_REPORT_H
#define ADMIN_SETUP_REPORT_H

#include "admin/options.h"
#include "admin/setup/plan.h"

/* problem: why it was not done, or NULL. */
void setup_report(const struct setup *setup, const struct options *options, const char *problem);

/* Was something changed that the daemon must be told of? */
bool setup_touches_sshd(const struct setup *setup);
bool setup_touches_rsyslog(const struct setup *setup);

#endif
