/* SPDX-License-Identifier: Apache-2.0 */
/* nova_live: does Nova of this node migrate live by ssh through an account?
 * libvirt's daemon of the source logs in then, asks for a shell, and runs virt-ssh-helper or nc there.
 * Source: nova/virt/libvirt/driver.py, _live_migration_uri(); libvirt's "Remote URIs". */
#ifndef ADMIN_DOCTOR_NOVA_LIVE_H
#define ADMIN_DOCTOR_NOVA_LIVE_H

#include "base/nova_conf.h"

/* A URI that names no user may name any: root's ssh_config decides. uri is written when true is returned. */
MUST_USE bool nova_live_uses(char uri[NOVA_VALUE_MAX], const struct nova_conf *conf, const char *user);

#endif
