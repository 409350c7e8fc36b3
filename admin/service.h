/* SPDX-License-Identifier: Apache-2.0 */
/* service: has the daemons read the files that setup changed: with systemctl if systemd runs, else sshd with a signal.
 * In a chroot, systemctl ignores its command and exits with 0, so it is not called there.
 * Source: systemctl(1); sd_booted(3); sshd(8), SIGHUP and sshd.pid. */
#ifndef ADMIN_SERVICE_H
#define ADMIN_SERVICE_H

#include "admin/trouble.h"

enum service_answer {
	SERVICE_UNTOLD, /* it may still run with the old files; trouble says why */
	SERVICE_TOLD,
	SERVICE_IDLE, /* it does not run; it reads the files when it starts */
};

enum service_answer service_reload_sshd(struct trouble *trouble);
enum service_answer service_restart_rsyslog(struct trouble *trouble);

/* libvirt finds hooks only when it starts. Guests are separate processes and go on running. */
enum service_answer service_restart_libvirt(struct trouble *trouble);

#endif
