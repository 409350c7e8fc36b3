/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/doctor/nova_live.h"

#include <stdio.h>
#include <string.h>

#include "policy/bytes.h"

static const struct nova_key uri_key = { "libvirt", "live_migration_uri" },
			     scheme_key = { "libvirt", "live_migration_scheme" }, type_key = { "libvirt", "virt_type" };

static bool is_ssh(const char *transport, size_t len)
{
	static const char *const names[] = { "ssh", "libssh", "libssh2" };

	for (size_t i = 0; i < N_ELEMENTS(names); i++)
		if (strlen(names[i]) == len && strncmp(names[i], transport, len) == 0)
			return true;
	return false;
}

/* "qemu+ssh://USER@HOST/system", with or without a user. */
static bool uri_uses(const char *uri, const char *user)
{
	const char *const rest = strstr(uri, "://");
	const char *const plus = strchr(uri, '+');
	const char *name, *at;

	if (rest == NULL || plus == NULL || plus > rest || !is_ssh(plus + 1, (size_t)(rest - plus - 1)))
		return false;
	name = rest + 3;
	at = memchr(name, '@', strcspn(name, "/?"));
	if (at == NULL)
		return true;
	return strlen(user) == (size_t)(at - name) && strncmp(name, user, strlen(user)) == 0;
}

bool nova_live_uses(char uri[NOVA_VALUE_MAX], const struct nova_conf *conf, const char *user)
{
	char scheme[NOVA_VALUE_MAX], type[NOVA_VALUE_MAX];

	if (nova_conf_value(uri, conf, &uri_key, 1) == NOVA_VALUE_SET && uri[0] != '\0')
		return uri_uses(uri, user);
	if (nova_conf_value(scheme, conf, &scheme_key, 1) != NOVA_VALUE_SET || !is_ssh(scheme, strlen(scheme)))
		return false;
	if (nova_conf_value(type, conf, &type_key, 1) == NOVA_VALUE_SET && strcmp(type, "parallels") == 0)
		return false;
	snprintf(uri, NOVA_VALUE_MAX, "qemu+%.16s://%%s/system", scheme);
	return true;
}
