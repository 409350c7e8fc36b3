/* SPDX-License-Identifier: Apache-2.0 */
/* nova_unit: how nova-compute is started on this host, as far as its PATH is concerned.
 * Source: systemd.exec(5), Environment; Debian's /etc/init.d/nova-compute, which its unit runs: it sets PATH itself,
 * and reads /etc/default/nova-compute behind that. */
#ifndef ADMIN_NOVA_UNIT_H
#define ADMIN_NOVA_UNIT_H

#include <stdbool.h>

#include "policy/attributes.h"

enum {
	NOVA_UNIT_PATH_MAX = 128,
};

struct nova_unit {
	const char *name; /* static: nova-compute.service, or Red Hat's openstack-nova-compute.service */
	bool script;	  /* started by the script in /etc/init.d */
	char directory[NOVA_UNIT_PATH_MAX]; /* where the file is that sets PATH */
	char place[NOVA_UNIT_PATH_MAX];	    /* that file */
};

enum nova_unit_path {
	NOVA_UNIT_ELSEWHERE, /* nothing names our folder */
	NOVA_UNIT_FIRST,
	NOVA_UNIT_SHADOWED, /* something that is read later sets PATH without our folder at its front */
};

/* Returns false if nova-compute has no unit here. */
MUST_USE bool nova_unit_find(struct nova_unit *out);

/* What PATH nova-compute gets. shadow is the file that sets it last. */
enum nova_unit_path nova_unit_look(const struct nova_unit *unit, char shadow[NOVA_UNIT_PATH_MAX]);

/* Does the unit, or what it reads, hold text, as "SHELL=", in a line that is no comment? */
bool nova_unit_holds(const struct nova_unit *unit, const char *text);

/* The folder nova-path that was installed with the running rssh-nova-admin; "" if there is none. Static. */
const char *nova_unit_folder(void);

#endif
