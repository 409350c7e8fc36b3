/* SPDX-License-Identifier: Apache-2.0 */
/* sshd_settings: what sshd would do for one user, in its own words: sshd -T -C user=...
 * The connection comes from 127.0.0.1 to a port that sshd listens on, 22 if it is one of them. Every criterion of
 * Match is given, because sshd stops at LocalPort, and skips others, when a value is missing.
 * One "keyword value" on a line, repeated for some. Keywords are lower-case here; sshd of OpenSSH 10.6 prints
 * mixed case. Source: sshd(8) -T and -C; sshd_config(5), Match, of OpenSSH 8.4 to 10.6. */
#ifndef ADMIN_SSHD_SETTINGS_H
#define ADMIN_SSHD_SETTINGS_H

#include "admin/capture.h"

enum {
	SSHD_QUESTION_MAX = 512,
};

struct sshd_settings {
	bool known;
	char question[SSHD_QUESTION_MAX]; /* the command line that was asked, for messages */
	char text[CAPTURE_MAX];		  /* each line NUL-ended; an empty one ends it. When not known: the
				   complaint */
};

/* config may be NULL for sshd's own. */
void sshd_settings_read(struct sshd_settings *out, const char *user, const char *config);

/* The value of the next line with keyword behind *at, which begins as NULL; NULL behind the last.
 */
const char *sshd_settings_next(const struct sshd_settings *settings, const char *keyword, const char **at);

/* The first value, "" when there is none. */
const char *sshd_settings_first(const struct sshd_settings *settings, const char *keyword);

#endif
