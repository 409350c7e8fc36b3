/* SPDX-License-Identifier: Apache-2.0 */
/* doctor: finds what on this host would let a peer bypass the shell, or keep the shell from working. Changes nothing.
 * Returns: the worst finding: 0 no fault, 1 warnings, 2 a fatal finding or wrong usage. */
#ifndef ADMIN_DOCTOR_DOCTOR_H
#define ADMIN_DOCTOR_DOCTOR_H

#include "admin/options.h"

int doctor_run(const struct options *options);

#endif
