/* SPDX-License-Identifier: Apache-2.0 */
/* user: the name and home of the running user, read from /etc/passwd.
 * A service account is local, so this loads no NSS module. getpwuid(3), even fgetpwent(3), would cost more than the
 * operation of a command. Source: passwd(5). */
#ifndef SHELL_USER_H
#define SHELL_USER_H

#include <sys/types.h>

#include "policy/request.h"

enum {
	HOME_MAX = 256,
};

/* Writes "-" and "" if uid has no entry, or one that does not fit. */
void user_find(uid_t uid, char name[USER_MAX], char home[HOME_MAX]);

/* The same from text, such a file as a whole, which it changes. The first of several entries counts. */
void user_read(char *text, uid_t uid, char name[USER_MAX], char home[HOME_MAX]);

#endif
