/* SPDX-License-Identifier: Apache-2.0 */
/* user: the name and home of the running user, out of /etc/passwd itself.
 * A service account is local, so no NSS module is loaded; and getpwuid(3), even fgetpwent(3), would cost
 * more than the operation that a command asks for. Source: passwd(5). */
#ifndef SHELL_USER_H
#define SHELL_USER_H

#include <sys/types.h>

#include "policy/request.h"

enum {
	HOME_MAX = 256,
};

/* Writes "-" and "" when uid has no entry, or one that does not fit. */
void user_find(uid_t uid, char name[USER_MAX], char home[HOME_MAX]);

/* The same out of text, the whole of such a file, which is cut up. Of several entries the first counts. */
void user_read(char *text, uid_t uid, char name[USER_MAX], char home[HOME_MAX]);

#endif
