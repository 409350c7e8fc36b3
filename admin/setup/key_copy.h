/* SPDX-License-Identifier: Apache-2.0 */
/* key_copy: the keys with which a user logs in today, copied for a file of root's.
 * Adds "restrict" to each key and drops the options that undo it; from=, command= and others stay.
 * Opens the files with the user's rights, so that a link to a file of root's copies nothing that the user cannot read.
 * Never copies a line that is no key. */
#ifndef ADMIN_SETUP_KEY_COPY_H
#define ADMIN_SETUP_KEY_COPY_H

#include <pwd.h>

#include "admin/sshd_settings.h"

struct key_copy {
	char *text; /* owned: the whole new file */
	unsigned copied;
	unsigned forced;      /* copied keys with command= */
	unsigned passed_over; /* lines that are neither key nor comment */
	char unread[256];     /* a file that cannot be read, and why; "" for none */
};

/* target is the new file, which is not read. Fails with -1 if there is no memory. */
MUST_USE int key_copy_make(
	struct key_copy *out, const struct sshd_settings *settings, const struct passwd *entry, const char *target);

#endif
