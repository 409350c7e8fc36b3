/* SPDX-License-Identifier: Apache-2.0 */
/* elsewhere: preloaded. Every user exists, as if in a directory service instead of /etc/passwd. */
#include <pwd.h>
#include <stddef.h>

struct passwd *getpwnam(const char *name)
{
	static char word[] = "x", home[] = "/nonexistent", shell[] = "/bin/sh", user[256];
	static struct passwd entry = {
		.pw_passwd = word, .pw_uid = 70001, .pw_gid = 70001, .pw_gecos = word, .pw_dir = home, .pw_shell = shell
	};
	size_t len = 0;

	for (; name[len] != '\0' && len < sizeof(user) - 1; len++)
		user[len] = name[len];
	user[len] = '\0';
	entry.pw_name = user;
	return &entry;
}
