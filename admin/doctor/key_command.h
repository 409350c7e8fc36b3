/* SPDX-License-Identifier: Apache-2.0 */
/* key_command: the keys that AuthorizedKeysCommand prints for the user, and the principals of
 * AuthorizedPrincipalsCommand.
 * Runs it as sshd does at each login attempt: as the user that sshd_config names for it, never as root.
 * Source: sshd_config(5), AuthorizedKeysCommand, AuthorizedPrincipalsCommand and TOKENS. */
#ifndef ADMIN_DOCTOR_KEY_COMMAND_H
#define ADMIN_DOCTOR_KEY_COMMAND_H

#include <pwd.h>

#include "admin/doctor/host.h"
#include "admin/sshd_settings.h"

enum key_command_kind {
	KEY_COMMAND_AUTHORIZED,
	KEY_COMMAND_PRINCIPALS,
};

enum key_command {
	KEY_COMMAND_NONE,    /* none is configured */
	KEY_COMMAND_KEYS,    /* its output is in text */
	KEY_COMMAND_FAILED,  /* sshd then accepts none of its keys */
	KEY_COMMAND_UNASKED, /* it needs a token of a connection, or its user is root or unknown */
};

/* text is NUL-ended, and cut at CAPTURE_MAX. Calls getpwnam(3): entry must not be its buffer. */
enum key_command key_command_run(char text[CAPTURE_MAX], const struct sshd_settings *settings,
	const struct passwd *entry, enum key_command_kind kind);

/* Puts a finding if a user other than root can write the program, or if the user can change its output. */
void key_command_check(struct findings *findings, const struct host *host, enum key_command_kind kind);

#endif
