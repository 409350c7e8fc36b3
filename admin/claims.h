/* SPDX-License-Identifier: Apache-2.0 */
/* claims: list, grant and release the claims on the instance directories of all roots.
 * Looks and acts as the user that rssh-nova runs as: what is busy is what is not that user's.
 * Gives:   ADMIN_GOOD, ADMIN_FOUND when it could not be done, ADMIN_CANNOT for wrong usage. */
#ifndef ADMIN_CLAIMS_H
#define ADMIN_CLAIMS_H

#include "admin/options.h"

int claims_run(const struct options *options);

#endif
