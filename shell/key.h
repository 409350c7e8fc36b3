/* SPDX-License-Identifier: Apache-2.0 */
/* key: the fingerprint of the key that opened this session, and its certificate, if sshd exposes them
 * (ExposeAuthInfo yes).
 * Takes:   SSH_USER_AUTH, the name of a file that sshd makes in /tmp for each session, mode 0600. A client could plant
 *          another name, so only a name and an owner as sshd makes them count.
 * Returns: key and ca as "SHA256:" and unpadded base64, as ssh-keygen -l prints them. For a certificate, key is the
 *          fingerprint of its public key, so that it survives a renewal. sshd exposes no principal.
 *          key is "-" if there is none, if the file is larger than AUTH_FILE_MAX, and for a certificate that
 *          policy/certificate.h cannot read.
 * Source:  sshd_config(5) ExposeAuthInfo; session.c of OpenSSH: /tmp/sshauth.XXXXXXXXXXXXXXX. */
#ifndef SHELL_KEY_H
#define SHELL_KEY_H

#include "policy/request.h"

enum {
	AUTH_FILE_MAX = 16384, /* bytes */
};

/* Sets key, cert_id, cert_serial and ca of *out. */
void key_read(struct request *out, const char *ssh_user_auth);

#endif
