/* SPDX-License-Identifier: Apache-2.0 */
/* sshd_runtime: what sshd needs to check a configuration on a host where it has never run, such as an image: /run/sshd
 * and a host key.
 * /run/sshd stays, because sshd may start meanwhile and need it. The key is a temporary one below /run.
 * Source: sshd(8), -t and -h; sshd.c. */
#ifndef ADMIN_SSHD_RUNTIME_H
#define ADMIN_SSHD_RUNTIME_H

/* Needs root. If it cannot make one of them, sshd will complain. */
void sshd_runtime_make(void);

enum {
	SSHD_RUNTIME_OPTIONS = 5, /* two options with their values, and NULL */
};

/* Adds -f config, unless it is NULL, and -h with our key, unless sshd has its own; then NULL. argv has count words and
 * room for SSHD_RUNTIME_OPTIONS more. The words point to config and to static memory. */
void sshd_runtime_options(char *argv[], unsigned count, const char *config);

void sshd_runtime_clear(void);

#endif
