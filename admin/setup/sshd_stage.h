/* SPDX-License-Identifier: Apache-2.0 */
/* sshd_stage: has sshd check its new configuration before it is installed.
 * Copies the main file to a private directory below /run, links the other drop-ins there, and points the Include to
 * it. Then sshd says: is it valid, does it hold for the user, and does nothing change for root, which a mistake would
 * lock out? */
#ifndef ADMIN_SETUP_SSHD_STAGE_H
#define ADMIN_SETUP_SSHD_STAGE_H

#include <stdbool.h>

#include "admin/trouble.h"

#define SSHD_MAIN "/etc/ssh/sshd_config"
#define SSHD_DROP_INS "/etc/ssh/sshd_config.d"
#define SSHD_DROP_IN SSHD_DROP_INS "/00-rssh-nova.conf"

struct sshd_stage {
	char *main;    /* the text of the main file */
	char *drop_in; /* the text of ours; NULL for none */
	char *wanted;  /* a Match block; each of its settings must hold for the user; NULL for none */
	const char *user;
};

/* Does the main file read our drop-in? */
bool sshd_stage_includes(const char *main);

/* Fails if sshd would not start, if a setting would not hold, or if a setting of root's would change. */
MUST_USE int sshd_stage_check(const struct sshd_stage *stage, struct trouble *trouble);

/* Checks the installed configuration in the same way. Call sshd_stage_check() first: it reads root's settings. */
MUST_USE int sshd_stage_check_real(const char *user, const char *wanted, struct trouble *trouble);

#endif
