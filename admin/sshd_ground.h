/* SPDX-License-Identifier: Apache-2.0 */
/* sshd_ground: what sshd needs to check a configuration on a host where it has never run, such as an image: /run/sshd
 * and a host key.
 * /run/sshd stays, because sshd may start meanwhile and need it. The key is a temporary one below /run.
 * Source: sshd(8), -t and -h; sshd.c. */
#ifndef ADMIN_SSHD_GROUND_H
#define ADMIN_SSHD_GROUND_H

/* Needs root. If it cannot make one of them, sshd will complain. */
void sshd_ground_make(void);

enum {
	SSHD_GROUND_OPTIONS = 5, /* two options with their values, and NULL */
};

/* Adds -f config, unless it is NULL, and -h with our key, unless sshd has its own; then NULL. argv has count words and
 * room for SSHD_GROUND_OPTIONS more. The words point to config and to static memory. */
void sshd_ground_options(char *argv[], unsigned count, const char *config);

void sshd_ground_clear(void);

#endif
