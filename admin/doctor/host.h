/* SPDX-License-Identifier: Apache-2.0 */
/* host: this node as doctor looks at it, read once. Changes nothing. */
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
	const char *user;	    /* whom rssh-nova runs as */
	const struct passwd *entry; /* NULL when there is no such user; points into this struct */
	struct passwd entry_copy;
	char entry_text[HOST_ENTRY_MAX];
	struct sshd_settings sshd;
	struct config config; /* the defaults when void */
	bool configured;
	struct fault fault;	      /* why not */
	const char *const *nova_conf; /* --nova-conf, ended by NULL */
};

void host_read(struct host *out, const char *user, const struct options *options);

/* Does the mode of the file let the user, as whom the shell reads it, read? True if there is no such user. */
bool host_user_reads(const struct host *host, const char *path);

/* Does path name rssh-nova? */
bool host_is_rssh_nova(const char *path);

/* Does sshd force the user into rssh-nova? */
bool host_is_forced(const struct host *host);

/* A check: puts what is not as it should be, or nothing. */
typedef void check_fn(struct findings *findings, const struct host *host);

#define CHECK(name, function, good) check_fn function;
#include "admin/doctor/checks.def"
#undef CHECK

#endif
