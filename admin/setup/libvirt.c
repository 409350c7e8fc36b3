/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/setup/libvirt.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "admin/libvirt.h"
#include "base/own.h"
#include "wall/program.h"

/* Can libvirt use the hook, and would it run what we mean? */
static int judge(struct trouble *trouble)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789/._+-";
	const char *const admin = libvirt_admin_path();
	struct libvirt_version version;
	struct fault fault;
	char text[256];

	if (!libvirt_is_here())
		return trouble_set(trouble,
			"there is no /etc/libvirt: libvirt is not installed here, or is in a container; "
			"see rssh-nova-admin(8) for that");
	libvirt_version_read(&version);
	if (!libvirt_has_hook_directory(&version))
		return trouble_set(trouble,
			"libvirt %u.%u runs nothing in " LIBVIRT_HOOK_DIRECTORY " (6.5 does): have " LIBVIRT_HOOKS
			"/qemu run: %s fence -- \"$@\"",
			version.major, version.minor, admin);
	if (admin[0] == '\0' || strspn(admin, letters) != strlen(admin))
		return trouble_set(trouble, "%s is no path that can stand in a hook", admin);
	OWN_FD int fd = program_open(admin, &fault);

	if (fd >= 0)
		return 0;
	fault_text(text, sizeof(text), &fault);
	return trouble_set(trouble, "libvirt would run it as root: %s", text);
}

int setup_libvirt_plan(struct setup *setup, struct trouble *trouble)
{
	char *text;

	if (judge(trouble) != 0)
		return -1;
	text = libvirt_hook_text();
	if (text == NULL)
		return trouble_set(trouble, "%s", strerror(ENOMEM));
	setup_plan_directory(setup, LIBVIRT_HOOKS);
	setup_plan_directory(setup, LIBVIRT_HOOK_DIRECTORY);
	return setup_plan_program(setup, LIBVIRT_HOOK, text, trouble);
}

bool setup_touches_libvirt(const struct setup *setup)
{
	for (unsigned i = 0; i < setup->plan.count; i++)
		if (strncmp(setup->plan.at[i].path, LIBVIRT_HOOKS, strlen(LIBVIRT_HOOKS)) == 0)
			return true;
	return false;
}
