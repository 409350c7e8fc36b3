/* SPDX-License-Identifier: Apache-2.0 */
/* try: the command try: runs the commands of a migration, and reports those that fail. Returns an exit status of
 * exit_code.h. */
#ifndef ADMIN_TRY_H
#define ADMIN_TRY_H

#include "admin/options.h"

int try_run(const struct options *options);

#endif
