/* SPDX-License-Identifier: Apache-2.0 */
/* recipe: the files of install/sshd, install/syslog, install/systemd and install/libvirt, compiled in.
 * setup writes them into the configuration of other programs. */
#ifndef ADMIN_SETUP_RECIPE_H
#define ADMIN_SETUP_RECIPE_H

enum recipe {
	RECIPE_SSHD,
	RECIPE_RSYSLOG,
	RECIPE_LOGROTATE,
	RECIPE_NOVA_UNIT,
	RECIPE_NOVA_DEFAULT,
	RECIPE_LIBVIRT,
};

/* Fills in @USER@, @SHELL@ or @PROGRAM@, @KEYS@, and @LOG_GROUP@ of this host. Owned by the caller; NULL if there is no
 * memory. */
char *recipe_fill(enum recipe recipe, const char *user, const char *shell, const char *keys);

#endif
