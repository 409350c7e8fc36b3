/* SPDX-License-Identifier: Apache-2.0 */
/* check: is a configuration valid? Prints every fault on standard output, as "FILE:LINE: KEY: what to do".
 * Applies the rules of rssh-nova(8), including the owner and mode of the file.
 * Returns: ADMIN_GOOD; ADMIN_FOUND with faults; ADMIN_CANNOT for wrong usage. */
#ifndef ADMIN_CHECK_H
#define ADMIN_CHECK_H

#include "admin/options.h"

int check_run(const struct options *options);

#endif
