/* SPDX-License-Identifier: Apache-2.0 */
/* share: options of ssh that let all commands of a migration share one connection to a host (ControlMaster,
 * ControlPath, ControlPersist in ssh_config(5)). Its socket is in a private folder of the user. The connection closes
 * when it has been idle for SHARE_SECONDS.
 * Fails:   with false if that folder cannot be created: then nothing is shared. */
#ifndef SENDER_NOVA_PATH_SHARE_H
#define SENDER_NOVA_PATH_SHARE_H

#include <stdbool.h>

#include "policy/attributes.h"
#include "sender/argv.h"

enum {
	SHARE_SECONDS = 60,
	SHARE_FOLDER_MAX = 64, /* bytes; ssh appends 60, and the name of a socket has at most 108 */
};

MUST_USE bool share_folder(char out[SHARE_FOLDER_MAX]);

/* compressed selects another connection: compression is a property of the connection. */
void share_options(struct argv *argv, const char *folder, bool compressed);

#endif
