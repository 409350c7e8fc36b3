/* SPDX-License-Identifier: Apache-2.0 */
/* explain: whether rssh-nova would allow a command line, and why. Decides with the code of the shell, shell/query.h.
 * Runs with the rights of the user of rssh-nova, and changes nothing.
 * Returns: ADMIN_GOOD if every line would be allowed, ADMIN_FOUND if one would be refused, ADMIN_CANNOT for wrong
 *          usage. */
#ifndef ADMIN_EXPLAIN_H
#define ADMIN_EXPLAIN_H

#include "admin/options.h"

int explain_run(const struct options *options);

#endif
