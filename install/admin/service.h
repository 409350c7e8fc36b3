/* service: the daemons of this host that read what setup writes, by systemctl(1). */
#ifndef INSTALL_ADMIN_SERVICE_H
#define INSTALL_ADMIN_SERVICE_H

#include "install/admin/trouble.h"

/* Has sshd read its configuration again; open connections and sessions stay. Nothing to do, and no
 * trouble, when it does not run. */
MUST_USE int service_reload_sshd(struct trouble *trouble);

/* rsyslog reads its configuration only when it starts; records wait in /dev/log meanwhile. */
MUST_USE int service_restart_rsyslog(struct trouble *trouble);

/* libvirt looks for hooks only when it starts. Guests are processes of their own and go on running. Does nothing where
 * neither of its daemons runs. */
MUST_USE int service_restart_libvirt(struct trouble *trouble);

#endif
