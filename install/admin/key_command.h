/* SPDX-License-Identifier: Apache-2.0 */
/* key_command: the keys that AuthorizedKeysCommand serves for the user.
 * It is run as sshd runs it at each attempt to log in, by anybody: as AuthorizedKeysCommandUser, never as root.
 * Source: sshd_config(5), AuthorizedKeysCommand and TOKENS. */
#ifndef INSTALL_ADMIN_KEY_COMMAND_H
#define INSTALL_ADMIN_KEY_COMMAND_H

#include <pwd.h>

#include "install/admin/sshd_settings.h"

enum key_command {
	KEY_COMMAND_NONE, /* none is configured */
	KEY_COMMAND_KEYS, /* its output is in text */
	KEY_COMMAND_FAILED, /* sshd takes it for no keys */
	KEY_COMMAND_UNASKED, /* it wants what only a connection has, or its user is root or unknown */
};

/* text is NUL-ended, and cut at CAPTURE_MAX. Calls getpwnam(3): entry must not be its buffer. */
enum key_command key_command_run(
	char text[CAPTURE_MAX], const struct sshd_settings *settings, const struct passwd *entry);

#endif
