/* SPDX-License-Identifier: Apache-2.0 */
/* sshd_ground: what sshd needs to judge a configuration on a host where it has never run, such as an image that is
 * built: /run/sshd, and a host key.
 * /run/sshd stays, as sshd may start meanwhile and need it. The key is one of ours, below /run, for the judging alone.
 * Source: sshd(8), -t and -h; sshd.c. */
#ifndef ADMIN_SSHD_GROUND_H
#define ADMIN_SSHD_GROUND_H

/* What cannot be made is left to sshd to complain about. Only root can. */
void sshd_ground_make(void);

enum {
	SSHD_GROUND_OPTIONS = 5, /* two options with their values, and NULL */
};

/* Adds -f with that file, unless config is NULL, and -h with our key, unless sshd has its own; then NULL. argv has
 * count words, and room for SSHD_GROUND_OPTIONS more, which point to config and to what sshd_ground_make made. */
void sshd_ground_options(char *argv[], unsigned count, const char *config);

void sshd_ground_clear(void);

#endif
