/* SPDX-License-Identifier: Apache-2.0 */
/* nova_live: does Nova on this node use ssh to this account for live migration?
 * If so, libvirt's daemon on the source logs in, asks for a shell, and runs virt-ssh-helper or nc in it.
 * Source: nova/virt/libvirt/driver.py, _live_migration_uri(); libvirt's "Remote URIs". */
#ifndef ADMIN_DOCTOR_NOVA_LIVE_H
#define ADMIN_DOCTOR_NOVA_LIVE_H

#include "base/nova_conf.h"

/* A URI without a user may lead to any account: root's ssh_config decides. Sets uri only if it returns true. */
MUST_USE bool nova_live_uses(char uri[NOVA_VALUE_MAX], const struct nova_conf *conf, const char *user);

#endif
