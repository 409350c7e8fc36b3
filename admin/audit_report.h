/* SPDX-License-Identifier: Apache-2.0 */
/* audit_report: the command report: what the audit of this node says of a time. Exit status as in exit_code.h. */
#ifndef ADMIN_AUDIT_REPORT_H
#define ADMIN_AUDIT_REPORT_H

#include "admin/options.h"

int audit_report_run(const struct options *options);

#endif
