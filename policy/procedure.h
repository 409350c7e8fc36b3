/* SPDX-License-Identifier: Apache-2.0 */
/* procedure: the names of libvirt's procedures, for the record of a message that a client sent.
 * Nothing is allowed or refused by a name. Source: procedure.def.
 * Pure: no heap, no I/O, no globals. */
#ifndef POLICY_PROCEDURE_H
#define POLICY_PROCEDURE_H

#include <stdint.h>

enum {
	PROCEDURE_TEXT_MAX = 64, /* with the ending NUL */
};

/* Of the remote protocol "DOMAIN_CREATE", of another one "QEMU_DOMAIN_MONITOR_COMMAND"; the number if libvirt 11.3 has
 * no such procedure. */
void procedure_text(char out[PROCEDURE_TEXT_MAX], uint32_t program, uint32_t number);

#endif
