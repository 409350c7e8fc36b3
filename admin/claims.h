/* SPDX-License-Identifier: Apache-2.0 */
/* claims: list, grant and release the claims on the instance directories of all roots.
 * Runs with the rights of the user of rssh-nova: a directory with files of another user is busy.
 * Returns: ADMIN_GOOD; ADMIN_FOUND if it failed; ADMIN_CANNOT for wrong usage. */
#ifndef ADMIN_CLAIMS_H
#define ADMIN_CLAIMS_H

#include "admin/options.h"

int claims_run(const struct options *options);

#endif
