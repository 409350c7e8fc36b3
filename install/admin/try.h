/* SPDX-License-Identifier: Apache-2.0 */
/* try: the command try: a migration by hand, and what fails of it. Exit status as in exit_code.h. */
#ifndef INSTALL_ADMIN_TRY_H
#define INSTALL_ADMIN_TRY_H

#include "install/admin/options.h"

int try_run(const struct options *options);

#endif
