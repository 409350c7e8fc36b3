/* SPDX-License-Identifier: Apache-2.0 */
/* key_copy: the keys by which a user logs in so far, for a file of root's.
 * Each key that is understood, with "restrict" and without what undoes it; from=, command= and the
 * like stay. Files are opened with the user's rights: a link that he put there shows us nothing
 * that he could not read, and a line that is no key is never copied. */
#ifndef ADMIN_SETUP_KEY_COPY_H
#define ADMIN_SETUP_KEY_COPY_H

#include <pwd.h>

#include "admin/sshd_settings.h"

struct key_copy {
	char *text; /* owned: the whole new file */
	unsigned copied;
	unsigned forced;      /* of them with command= */
	unsigned passed_over; /* lines that are neither key nor comment */
	char unread[256];     /* a file that could not be read, and why; "" for none */
};

/* target is the new file, in which nothing is looked for. -1 when there is no memory. */
MUST_USE int key_copy_make(
	struct key_copy *out, const struct sshd_settings *settings, const struct passwd *entry, const char *target);

#endif
