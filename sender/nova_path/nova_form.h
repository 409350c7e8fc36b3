/* SPDX-License-Identifier: Apache-2.0 */
/* nova_form: recognizes the exact command lines of ssh, scp and rsync that Nova's remote filesystem drivers run.
 * Takes:   a program's name and its words.
 * Returns: the form and its parts; NOVA_OTHER for everything else, which goes to the real tool.
 * Pure: no heap, no I/O, no globals. Source: nova/utils.py (ssh_execute), nova/virt/libvirt/volume/remotefs.py. */
#ifndef SENDER_NOVA_PATH_NOVA_FORM_H
#define SENDER_NOVA_PATH_NOVA_FORM_H

#include <stdbool.h>

#include "sender/address.h"

enum nova_form_id {
	NOVA_OTHER,
	NOVA_SSH,   /* ssh -o BatchMode=yes HOST touch|rm PATH, mkdir -p PATH, rm -rf PATH */
	NOVA_PUSH,  /* scp [-C] -r FILE HOST:PATH */
	NOVA_PULL,  /* scp [-C] -r HOST:PATH FILE */
	NOVA_RSYNC, /* the four of RsyncDriver */
};

struct nova_form {
	enum nova_form_id id;
	bool compress;
	const char *local;	/* borrowed; of NOVA_PUSH and NOVA_PULL */
	struct address address; /* the same */
};

/* words[0] is the name by which the program was called. */
struct nova_form nova_form_read(const char *name, int count, char *const *words);

#endif
