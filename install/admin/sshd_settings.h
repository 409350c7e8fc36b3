/* sshd_settings: what sshd would do for one user, in its own words: sshd -T -C user=...
 * Keywords are lower-case there, one "keyword value" on a line, repeated for some. Source: sshd(8)
 * -T. */
#ifndef INSTALL_ADMIN_SSHD_SETTINGS_H
#define INSTALL_ADMIN_SSHD_SETTINGS_H

#include "install/admin/capture.h"

struct sshd_settings {
	bool known;
	char text[CAPTURE_MAX]; /* each line NUL-ended; an empty one ends it. When not known: the
				   complaint */
};

/* config may be NULL for sshd's own. */
void sshd_settings_read(struct sshd_settings *out, const char *user, const char *config);

/* The value of the next line with keyword behind *at, which begins as NULL; NULL behind the last.
 */
const char *sshd_settings_next(
	const struct sshd_settings *settings, const char *keyword, const char **at);

/* The first value, "" when there is none. */
const char *sshd_settings_first(const struct sshd_settings *settings, const char *keyword);

#endif
