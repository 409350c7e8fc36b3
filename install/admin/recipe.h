/* recipe: what setup puts into the configuration of others: the files of install/sshd and
 * install/syslog, built in, with the names of this host filled in. */
#ifndef INSTALL_ADMIN_RECIPE_H
#define INSTALL_ADMIN_RECIPE_H

enum recipe {
	RECIPE_SSHD,
	RECIPE_RSYSLOG,
	RECIPE_LOGROTATE,
};

/* Fills in @USER@, @SHELL@ and @KEYS@. Owned by the caller; NULL when there is no memory. */
char *recipe_fill(enum recipe recipe, const char *user, const char *shell, const char *keys);

#endif
