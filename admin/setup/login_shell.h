/* SPDX-License-Identifier: Apache-2.0 */
/* login_shell: the last field of a user's line in /etc/passwd.
 * Read from the file itself. Changed by usermod(8), which takes the locks of every other such tool (not only
 * lckpwdf(3)), replaces the file in one step, keeps SELinux labels, tells nscd and sssd, and changes no other byte.
 * It keeps the old file as /etc/passwd-. */
#ifndef ADMIN_SETUP_LOGIN_SHELL_H
#define ADMIN_SETUP_LOGIN_SHELL_H

#include "admin/trouble.h"

enum {
	LOGIN_SHELL_MAX = 256,
};

/* Fails with -1 if the user is not in the file. */
MUST_USE int login_shell_read(char out[LOGIN_SHELL_MAX], const char *user);

MUST_USE int login_shell_set(const char *user, const char *shell, struct trouble *trouble);

#endif
