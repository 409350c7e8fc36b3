/* SPDX-License-Identifier: Apache-2.0 */
/* key: the fingerprint of the key that opened this session, when sshd tells it (ExposeAuthInfo yes).
 * Takes:   SSH_USER_AUTH, the name of a file that sshd makes in /tmp for each session, mode 0600; a client
 *          could plant another name, so only a name and an owner as sshd gives them count.
 * Gives:   "SHA256:" and unpadded base64 as ssh-keygen -l prints it, "-" when there is none.
 * Source:  sshd_config(5) ExposeAuthInfo; session.c of OpenSSH: /tmp/sshauth.XXXXXXXXXXXXXXX. */
#ifndef SHELL_KEY_H
#define SHELL_KEY_H

#include "policy/request.h"

void key_read(char out[KEY_MAX], const char *ssh_user_auth);

#endif
