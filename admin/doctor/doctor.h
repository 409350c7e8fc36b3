/* SPDX-License-Identifier: Apache-2.0 */
/* doctor: what on this host would let a peer go round the shell, or keep the shell from working.
 * Looks, and changes nothing.
 * Gives:   the worst of its findings: 0 all is well, 1 warnings, 2 something fatal, or wrong usage.
 */
#ifndef ADMIN_DOCTOR_DOCTOR_H
#define ADMIN_DOCTOR_DOCTOR_H

#include "admin/options.h"

int doctor_run(const struct options *options);

#endif
