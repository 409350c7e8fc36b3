/* SPDX-License-Identifier: Apache-2.0 */
/* host: what the checks of doctor know about this node, read once. Changes nothing. */
#ifndef ADMIN_DOCTOR_HOST_H
#define ADMIN_DOCTOR_HOST_H

#include <pwd.h>

#include "admin/doctor/finding.h"
#include "admin/options.h"
#include "admin/sshd_settings.h"
#include "base/fault.h"
#include "policy/config.h"

enum {
	HOST_ENTRY_MAX = 4096,
};

struct host {
	const char *user;	    /* the user of rssh-nova */
	const struct passwd *entry; /* NULL if the user does not exist; points into this struct */
	struct passwd entry_copy;
	char entry_text[HOST_ENTRY_MAX];
	struct sshd_settings sshd;
	struct config config; /* the defaults if it is invalid */
	bool configured;
	struct fault fault;	      /* why it is invalid */
	const char *const *nova_conf; /* --nova-conf, ended by NULL */
};

void host_read(struct host *out, const char *user, const struct options *options);

/* May the user, with whose rights the shell reads path, read it by its mode? True if the user does not exist. */
bool host_user_reads(const struct host *host, const char *path);

/* Does path name rssh-nova? */
bool host_is_rssh_nova(const char *path);

/* Does sshd force the user into rssh-nova? */
bool host_is_forced(const struct host *host);

/* A check: puts a finding for each fault. Without one, the row of checks.def is the finding. */
typedef void check_fn(struct findings *findings, const struct host *host);

#define CHECK(name, function, good) check_fn function;
#include "admin/doctor/checks.def"
#undef CHECK

#endif
