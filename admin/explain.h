/* SPDX-License-Identifier: Apache-2.0 */
/* explain: what rssh-nova would say to a command line, by its own way (shell/query.h), and why.
 * Looks as the user that rssh-nova runs as; changes nothing.
 * Gives:   ADMIN_GOOD when every line would be let through, ADMIN_FOUND when one would not,
 * ADMIN_CANNOT for wrong usage. */
#ifndef ADMIN_EXPLAIN_H
#define ADMIN_EXPLAIN_H

#include "admin/options.h"

int explain_run(const struct options *options);

#endif
