/* SPDX-License-Identifier: Apache-2.0 */
/* migration: the arguments of the two calls that bring a domain, read and judged: all but the XML in them, which is for
 * domain.h.
 * Takes:  the body of a call, untrusted bytes.
 * Fails:  with a finding in domain. *out is then not to be used.
 * Source: remote_domain_migrate_prepare3_params_args and remote_domain_migrate_finish3_params_args of
 *         remote_protocol.x; nova/virt/libvirt/guest.py, migrate(), and driver.py for the flags.
 * Pure: no heap, no I/O, no globals. */
#ifndef POLICY_MIGRATION_H
#define POLICY_MIGRATION_H

#include <stdbool.h>
#include <stdint.h>

#include "policy/attributes.h"
#include "policy/bytes.h"
#include "policy/domain.h"

/* Borrows from the body. A part that is missing has the length 0; none that is there has. */
struct migration {
	struct bytes xml, cookie, name, uri;
	uint32_t flags;
	bool cancelled; /* of a finish */
};

enum {
	MIGRATION_FLAGS_MAX = 192, /* the names of all flags, with the ending NUL */
};

MUST_USE bool migration_read(struct migration *out, struct domain *domain, struct bytes body, bool finish);

/* When domain knows its name: does the migration give it no other? */
MUST_USE bool migration_name_fits(const struct migration *migration, struct domain *domain);

/* Does the guest run here before all of its memory has come? */
bool migration_is_postcopy(const struct migration *migration);

/* "live,peer2peer,..." */
void migration_flags_text(char out[MIGRATION_FLAGS_MAX], uint32_t flags);

#endif
