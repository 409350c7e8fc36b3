/* SPDX-License-Identifier: Apache-2.0 */
/* setup_report: the changes that setup made or would make, as text or as one JSON object. */
#ifndef ADMIN_SETUP_REPORT_H
#define ADMIN_SETUP_REPORT_H

#include "admin/options.h"
#include "admin/setup/plan.h"

/* problem: why setup failed, or NULL. */
void setup_report(const struct setup *setup, const struct options *options, const char *problem);

#endif
