/* SPDX-License-Identifier: Apache-2.0 */
/* login_shell: the last field of a user's line in /etc/passwd.
 * Read from the file itself. Changed by usermod(8): it holds the locks that every other tool of the
 * system takes (also those beside lckpwdf(3)), replaces the file at once, keeps SELinux labels,
 * tells nscd and sssd, and leaves all other bytes alone. As for every such change, /etc/passwd- is
 * then what /etc/passwd was. */
#ifndef ADMIN_SETUP_LOGIN_SHELL_H
#define ADMIN_SETUP_LOGIN_SHELL_H

#include "admin/trouble.h"

enum {
	LOGIN_SHELL_MAX = 256,
};

/* -1 when the user is not in the file. */
MUST_USE int login_shell_read(char out[LOGIN_SHELL_MAX], const char *user);

MUST_USE int login_shell_set(const char *user, const char *shell, struct trouble *trouble);

#endif
