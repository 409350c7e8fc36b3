/* SPDX-License-Identifier: Apache-2.0 */
/* audit_report: the command report: counts the audit records of this node since a time. Returns an exit status of
 * exit_code.h. */
#ifndef ADMIN_AUDIT_REPORT_H
#define ADMIN_AUDIT_REPORT_H

#include "admin/options.h"

int audit_report_run(const struct options *options);

#endif
