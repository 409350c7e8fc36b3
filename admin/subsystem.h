/* SPDX-License-Identifier: Apache-2.0 */
/* subsystem: would the shell allow the command of a Subsystem line of sshd? Source: policy/form.h. */
#ifndef ADMIN_SUBSYSTEM_H
#define ADMIN_SUBSYSTEM_H

#include <stdbool.h>

#include "admin/sshd_settings.h"

/* command is the line without the name of the subsystem; sftp_server is the key of [programs]. */
bool subsystem_is_allowed(const char *command, const char *sftp_server, bool forced);

/* The command of the subsystem sftp, NULL for none. Borrows from settings. */
const char *subsystem_sftp(const struct sshd_settings *settings);

#endif
