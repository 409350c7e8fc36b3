/* SPDX-License-Identifier: Apache-2.0 */
/* service: the daemons that read what setup wrote, told to read it: by systemctl where systemd runs, else sshd by a
 * signal. In a chroot systemctl ignores its command and exits with 0, so it is not asked there.
 * Source: systemctl(1); sd_booted(3); sshd(8), SIGHUP and sshd.pid. */
#ifndef ADMIN_SERVICE_H
#define ADMIN_SERVICE_H

#include "admin/trouble.h"

enum service_answer {
	SERVICE_UNTOLD, /* it may run with what it read before; trouble says why */
	SERVICE_TOLD,
	SERVICE_IDLE, /* it does not run, and reads all when it starts */
};

enum service_answer service_reload_sshd(struct trouble *trouble);
enum service_answer service_restart_rsyslog(struct trouble *trouble);

/* libvirt looks for hooks only when it starts. Guests are processes of their own and go on running. */
enum service_answer service_restart_libvirt(struct trouble *trouble);

#endif
