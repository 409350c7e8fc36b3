/* SPDX-License-Identifier: Apache-2.0 */
/* share: one connection for all commands of a migration to a host: the options of ssh that share it (ControlMaster,
 * ControlPath, ControlPersist in ssh_config(5)), with its socket in a folder that is the user's alone.
 * It closes itself when it has not been used for SHARE_SECONDS.
 * Fails:   with false when there is no such folder to be had: then nothing is shared. */
#ifndef SENDER_NOVA_PATH_SHARE_H
#define SENDER_NOVA_PATH_SHARE_H

#include <stdbool.h>

#include "policy/attributes.h"
#include "sender/argv.h"

enum {
	SHARE_SECONDS = 60,
	SHARE_FOLDER_MAX = 64, /* bytes; ssh puts 60 more behind it, and a socket's name has 108 */
};

MUST_USE bool share_folder(char out[SHARE_FOLDER_MAX]);

/* compressed has a connection of its own: compression is a property of the connection. */
void share_options(struct argv *argv, const char *folder, bool compressed);

#endif
