/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/account.h"

#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "admin/detach.h"

static int complain(const char *name, const char *what)
{
	fprintf(stderr, "rssh-nova-admin: user %s: %s\n", name, what);
	return -1;
}

int account_become(const char *name, bool reads_input)
{
	const char *const wanted = name != NULL ? name : ACCOUNT_DEFAULT;
	const struct passwd *entry;

	if (name == NULL && geteuid() != 0)
		return 0;
	entry = getpwnam(wanted);
	if (entry == NULL)
		return complain(wanted, "no such user: name the user of rssh-nova with --user");
	if (entry->pw_uid == geteuid())
		return 0;
	if (geteuid() != 0)
		return complain(wanted, "only root can run as another user: run it as root");
	if (detach_as(entry, reads_input) != 0)
		return complain(wanted, strerror(errno));
	return 0;
}
