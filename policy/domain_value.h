/* SPDX-License-Identifier: Apache-2.0 */
/* domain_value: may this value stand at this place in the XML of an arriving domain? The values are untrusted.
 * Takes:  a place of domain.def, the value, and what is known when it is judged.
 * Owns:   nothing.
 * Pure: no heap, no I/O, no globals. Source: nova/virt/libvirt, and libvirt's domain_conf.c. */
#ifndef POLICY_DOMAIN_VALUE_H
#define POLICY_DOMAIN_VALUE_H

#include <stdbool.h>

#include "policy/attributes.h"
#include "policy/config.h"
#include "policy/domain_place.h"

enum {
	DOMAIN_NAME_MAX = 64, /* of the domain, with its ending NUL */
};

struct domain_known {
	const struct config *config; /* names what a value may name of this host */
	const char *uuid, *name;     /* of the domain; "" before its element */
	bool is_pty;		     /* the device that has the value is a pseudo terminal */
	bool is_smbios_uuid;	     /* the entry that has the value is the uuid */
	const char *nvram;	     /* format of the NVRAM that has the value, NULL if it is not known */
};

/* Of REFERENCE_NAME and REFERENCE_UUID this judges the form: the caller compares them with those of the domain. */
MUST_USE bool domain_value_fits(const struct domain_place *place, const char *value, const struct domain_known *known);

/* Is it the path of a pseudo terminal? */
bool domain_value_is_pty(const char *value);

#endif
