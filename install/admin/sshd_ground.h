/* sshd_ground: what sshd needs to judge a configuration on a host where it has never run, such as an image that is
 * built: /run/sshd, and a host key.
 * /run/sshd stays, as sshd may start meanwhile and need it. The key is one of ours, below /run, for the judging alone.
 * Source: sshd(8), -t and -h; sshd.c. */
#ifndef INSTALL_ADMIN_SSHD_GROUND_H
#define INSTALL_ADMIN_SSHD_GROUND_H

/* What cannot be made is left to sshd to complain about. Only root can. */
void sshd_ground_make(void);

/* The key for option -h; NULL when sshd has its own. */
const char *sshd_ground_key(void);

void sshd_ground_clear(void);

#endif
