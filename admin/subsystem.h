/* SPDX-License-Identifier: Apache-2.0 */
/* subsystem: would the shell let in what sshd starts for a Subsystem line? Source: policy/form.h. */
#ifndef ADMIN_SUBSYSTEM_H
#define ADMIN_SUBSYSTEM_H

#include <stdbool.h>

#include "admin/sshd_settings.h"

/* command is the line without the name of the subsystem; sftp_server is the one of [programs]. */
bool subsystem_is_let_in(const char *command, const char *sftp_server, bool forced);

/* The command of the subsystem sftp, NULL for none. Borrows from settings. */
const char *subsystem_sftp(const struct sshd_settings *settings);

#endif
