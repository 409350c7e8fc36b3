/* SPDX-License-Identifier: Apache-2.0 */
/* sshd_stage: sshd's configuration as it would be, judged by sshd itself before it is.
 * The main file is copied beside the other drop-ins to a private directory below /run, its Include
 * of ours turned to there, and sshd asked: is it valid, is it in force for the user, and does
 * everything stay as it is for root, whom a mistake would lock out? */
#ifndef ADMIN_SETUP_SSHD_STAGE_H
#define ADMIN_SETUP_SSHD_STAGE_H

#include <stdbool.h>

#include "admin/trouble.h"

#define SSHD_MAIN "/etc/ssh/sshd_config"
#define SSHD_DROP_INS "/etc/ssh/sshd_config.d"
#define SSHD_DROP_IN SSHD_DROP_INS "/00-rssh-nova.conf"

struct sshd_stage {
	char *main;    /* the text of the main file */
	char *drop_in; /* of ours; NULL for none */
	char *wanted;  /* a Match block whose every setting must hold for the user; NULL for none */
	const char *user;
};

/* Does the main file read our drop-in? */
bool sshd_stage_includes(const char *main);

/* Fails when sshd would not start, a setting would not hold, or root's would change. */
MUST_USE int sshd_stage_check(const struct sshd_stage *stage, struct trouble *trouble);

/* The same questions about what is in place now, after sshd_stage_check(). */
MUST_USE int sshd_stage_check_real(const char *user, const char *wanted, struct trouble *trouble);

#endif
