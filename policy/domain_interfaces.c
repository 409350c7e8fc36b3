/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/domain_interfaces.h"

#include <stddef.h>
#include <string.h>

#define INTERFACE "domain/devices/interface"

void domain_interfaces_open(struct domain_interfaces *interfaces, bool is_cookie)
{
	interfaces->is_cookie = is_cookie;
	interfaces->is_ethernet = interfaces->has_network = false;
	interfaces->networks = interfaces->plugged = 0;
	if (!is_cookie)
		interfaces->tap_count = 0;
}

/* Keeps the name of an interface that libvirt is to make. Nova makes one of type ethernet itself, before the domain
 * comes; not every release of Nova then writes managed='no'. */
static bool tap_keep(struct domain_interfaces *interfaces, const char *name)
{
	if (name == NULL || interfaces->is_cookie || interfaces->is_ethernet)
		return true;
	if (interfaces->tap_count == DOMAIN_TAPS_MAX || strlen(name) >= DOMAIN_TAP_MAX)
		return false;
	strcpy(interfaces->taps[interfaces->tap_count++], name);
	return true;
}

bool domain_interfaces_start(struct domain_interfaces *interfaces, const char *path, const char *const *attributes)
{
	if (strcmp(path, INTERFACE) == 0) {
		const char *const type = domain_attribute(attributes, "type");

		interfaces->plugged++;
		interfaces->is_ethernet = type != NULL && strcmp(type, "ethernet") == 0;
	}
	interfaces->has_network = interfaces->has_network || strcmp(path, COOKIE_NETWORK) == 0;
	if (strcmp(path, COOKIE_NETWORK "/interface") == 0)
		interfaces->networks++;
	return strcmp(path, INTERFACE "/target") != 0 || tap_keep(interfaces, domain_attribute(attributes, "dev"));
}

void domain_interfaces_keep(struct domain_interfaces *interfaces)
{
	interfaces->come = interfaces->plugged;
}

const char *domain_interfaces_wrong(const struct domain_interfaces *interfaces, bool has_domain)
{
	if (!interfaces->has_network)
		return NULL;
	if (interfaces->networks != interfaces->come)
		return "not as many interfaces as the domain";
	if (has_domain && interfaces->networks > interfaces->plugged)
		return "more interfaces than the kept domain";
	return NULL;
}
