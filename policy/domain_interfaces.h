/* SPDX-License-Identifier: Apache-2.0 */
/* domain_interfaces: the network interfaces of an arriving domain. Keeps the names of the interfaces that libvirt will
 * make. Counts the interfaces of the domain and of the cookie: libvirtd takes an interface of the domain for each entry
 * of the cookie, without looking how many there are.
 * Takes:   the elements of the documents of one migration, in their order, as domain.h found them good.
 * Source:  qemuMigrationCookieNetworkXMLParse() of libvirt's qemu_migration_cookie.c, qemuInterfaceBridgeConnect().
 * Pure: no heap, no I/O, no globals. */
#ifndef POLICY_DOMAIN_INTERFACES_H
#define POLICY_DOMAIN_INTERFACES_H

#include <stdbool.h>

#include "policy/attributes.h"
#include "policy/domain_place.h"

enum {
	DOMAIN_TAPS_MAX = ELEMENTS_OF_A_PLACE,
	DOMAIN_TAP_MAX = 16, /* of a name, with its ending NUL: IFNAMSIZ */
};

/* The path of a cookie's data of interfaces. */
#define COOKIE_NETWORK "qemu-migration/network"

/* All zeros is one before the first document. */
struct domain_interfaces {
	unsigned come;				    /* interfaces of the domain that is to come */
	unsigned tap_count;			    /* in the last domain outside of a cookie: */
	char taps[DOMAIN_TAPS_MAX][DOMAIN_TAP_MAX]; /* names of interfaces that libvirt is to make */
	/* Of one document: */
	bool is_cookie;
	bool is_ethernet;  /* the interface that we are in */
	bool has_network;  /* of a cookie: data of interfaces, */
	unsigned networks; /* and of how many */
	unsigned plugged;  /* interfaces of the domain in this document */
};

/* A document begins. */
void domain_interfaces_open(struct domain_interfaces *interfaces, bool is_cookie);

/* attributes: name, value, name, value ... NULL. False if it has the name of an interface that cannot be one. */
MUST_USE bool domain_interfaces_start(
	struct domain_interfaces *interfaces, const char *path, const char *const *attributes);

/* The domain that is to come is over. */
void domain_interfaces_keep(struct domain_interfaces *interfaces);

/* A cookie is over; has_domain: the domain that is to be kept is in it. Returns what is wrong with its data of
 * interfaces, a constant; NULL for nothing. */
const char *domain_interfaces_wrong(const struct domain_interfaces *interfaces, bool has_domain);

#endif
