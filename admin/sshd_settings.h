/* SPDX-License-Identifier: Apache-2.0 */
/* sshd_settings: the settings of sshd for one user, from sshd -T -C user=...
 * The connection comes from 127.0.0.1 to a port on which sshd listens, if possible 22. It has a value for every
 * criterion of Match, because without one sshd stops at LocalPort and skips other criteria.
 * One "keyword value" on each line; some keywords repeat. Keywords are in lower case here; sshd of OpenSSH 10.6
 * prints mixed case. Source: sshd(8) -T and -C; sshd_config(5), Match, of OpenSSH 8.4 to 10.6. */
#ifndef ADMIN_SSHD_SETTINGS_H
#define ADMIN_SSHD_SETTINGS_H

#include "admin/capture.h"

enum {
	SSHD_QUESTION_MAX = 512,
};

struct sshd_settings {
	bool known;
	char question[SSHD_QUESTION_MAX]; /* the command line of sshd, for messages */
	char text[CAPTURE_MAX];		  /* each line NUL-ended; an empty one ends it. When not known: the
				   complaint */
};

/* config is NULL for sshd's own. */
void sshd_settings_read(struct sshd_settings *out, const char *user, const char *config);

/* The value of the next line with keyword behind *at, which begins as NULL; NULL behind the last.
 */
const char *sshd_settings_next(const struct sshd_settings *settings, const char *keyword, const char **at);

/* The first value, "" if there is none. */
const char *sshd_settings_first(const struct sshd_settings *settings, const char *keyword);

#endif
