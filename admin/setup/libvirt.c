/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/setup/libvirt.h"

#include "admin/file.h"
#include "admin/libvirt.h"
#include "base/own.h"
#include "wall/program.h"

/* Can libvirt use the hook, and is the program in it safe to run as root? */
static int hook_check(struct trouble *trouble)
{
	const char *const admin = libvirt_admin_path();
	struct libvirt_version version;
	struct fault fault;
	char text[256];

	if (!libvirt_is_here())
		return trouble_set(trouble,
			"/etc/libvirt does not exist: install libvirt, or see rssh-nova-admin(8) if it runs in a container");
	libvirt_version_read(&version);
	if (!libvirt_has_hook_directory(&version))
		return trouble_set(trouble,
			"libvirt %u.%u ignores " LIBVIRT_HOOK_DIRECTORY " (libvirt 6.5 reads it): add to " LIBVIRT_HOOKS
			"/qemu the line: %s fence -- \"$@\"",
			version.major, version.minor, admin);
	if (!file_path_is_plain(admin))
		return trouble_set(trouble, "a hook cannot run %s: use letters, digits and ._+- in its path", admin);
	OWN_FD int fd = program_open(admin, &fault);

	if (fd >= 0)
		return 0;
	fault_text(text, sizeof(text), &fault);
	return trouble_set(trouble, "libvirt would run it as root: %s", text);
}

int setup_libvirt_plan(struct setup *setup, struct trouble *trouble)
{
	char *text;

	if (hook_check(trouble) != 0)
		return -1;
	text = libvirt_hook_text();
	if (text == NULL)
		return trouble_no_memory(trouble);
	setup_plan_directory(setup, LIBVIRT_HOOKS);
	setup_plan_directory(setup, LIBVIRT_HOOK_DIRECTORY);
	return setup_plan_file(setup, LIBVIRT_HOOK, 0755, text, trouble);
}

bool setup_touches_libvirt(const struct setup *setup)
{
	return setup_plan_touches(setup, LIBVIRT_HOOKS);
}
