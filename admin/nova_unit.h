/* SPDX-License-Identifier: Apache-2.0 */
/* nova_unit: the unit of nova-compute on this host, and the PATH that it sets.
 * Source: systemd.exec(5), Environment; Debian's /etc/init.d/nova-compute, which its unit runs: it sets PATH itself,
 * and then reads /etc/default/nova-compute. */
#ifndef ADMIN_NOVA_UNIT_H
#define ADMIN_NOVA_UNIT_H

#include <stdbool.h>

#include "policy/attributes.h"

enum {
	NOVA_UNIT_PATH_MAX = 128,
};

struct nova_unit {
	const char *name; /* static: nova-compute.service, or Red Hat's openstack-nova-compute.service */
	bool script;	  /* the unit runs the script in /etc/init.d */
	char directory[NOVA_UNIT_PATH_MAX]; /* of the file in which setup sets PATH */
	char place[NOVA_UNIT_PATH_MAX];	    /* that file */
};

enum nova_unit_path {
	NOVA_UNIT_ELSEWHERE, /* no file puts our folder on it */
	NOVA_UNIT_FIRST,
	NOVA_UNIT_SHADOWED, /* a file that is read later sets PATH without our folder in front */
};

/* Returns false if nova-compute has no unit here. */
MUST_USE bool nova_unit_find(struct nova_unit *out);

/* Where our folder is on the PATH of nova-compute. shadow is the file that sets PATH last. */
enum nova_unit_path nova_unit_look(const struct nova_unit *unit, char shadow[NOVA_UNIT_PATH_MAX]);

/* Does the unit, or a file that it reads, contain text, such as "SHELL=", outside of comments? */
bool nova_unit_holds(const struct nova_unit *unit, const char *text);

/* The folder nova-path that was installed with the running rssh-nova-admin; "" if there is none. Static. */
const char *nova_unit_folder(void);

#endif
