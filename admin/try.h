/* SPDX-License-Identifier: Apache-2.0 */
/* try: the command try: a migration by hand, and what fails of it. Exit status as in exit_code.h. */
#ifndef ADMIN_TRY_H
#define ADMIN_TRY_H

#include "admin/options.h"

int try_run(const struct options *options);

#endif
