/* SPDX-License-Identifier: Apache-2.0 */
#include "wall/program.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "base/landlock.h"
#include "base/own.h"
#include "policy/right.h"

#define ROLES_OF_OPENSSH (1u << ROLE_SCP_RECEIVE | 1u << ROLE_SCP_SEND | 1u << ROLE_SFTP)

/* Each right was removed once, to see that its program fails. A file that a machine does not have is skipped.
 * Directories come first: their files need no entry of their own.
 * scp and sftp-server look up the name of their user, and keep /dev/null on unused descriptors. */
static const struct {
	const char *path;
	unsigned rights;
	unsigned roles; /* bit 1 << role; 0 for all */
} needs[] = {
	{ "/usr/lib" LIBRARY_FOLDER, RIGHT_READ_FILE, 0 },
	{ "/lib" LIBRARY_FOLDER, RIGHT_READ_FILE, 0 },
	{ "/usr/lib64", RIGHT_READ_FILE, 0 },
	{ "/lib64", RIGHT_READ_FILE, 0 },
	{ "/lib64/ld-linux-x86-64.so.2", RIGHT_EXECUTE | RIGHT_READ_FILE, 0 },
	{ "/lib/ld-linux-aarch64.so.1", RIGHT_EXECUTE | RIGHT_READ_FILE, 0 },
	{ "/lib64/ld64.so.2", RIGHT_EXECUTE | RIGHT_READ_FILE, 0 },
	{ "/lib/ld64.so.1", RIGHT_EXECUTE | RIGHT_READ_FILE, 0 },
	{ "/etc/passwd", RIGHT_READ_FILE, ROLES_OF_OPENSSH },
	{ "/dev/null", RIGHT_READ_FILE | RIGHT_WRITE_FILE, ROLES_OF_OPENSSH },
};

_Static_assert(N_ELEMENTS(needs) <= VIEW_PLACES_MAX - VIEW_GRANTED_MAX, "a view has room for them");

int program_open(const char *path, struct fault *fault)
{
	OWN_FD int fd = open(path, O_PATH | O_CLOEXEC | O_NOFOLLOW);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) != 0)
		return fault_set(fault, REASON_NOT_CONFINED, "cannot open the program", errno, path);
	if (!S_ISREG(st.st_mode))
		return fault_set(fault, REASON_NOT_CONFINED, "the program is not a regular file", 0, path);
	if (st.st_uid != 0 || (st.st_mode & (S_IWGRP | S_IWOTH)) != 0)
		return fault_set(
			fault, REASON_NOT_CONFINED, "the program must be root's and writable by root alone", 0, path);
	if ((st.st_mode & (S_ISUID | S_ISGID)) != 0 || (st.st_mode & S_IXOTH) == 0)
		return fault_set(
			fault, REASON_NOT_CONFINED, "the program must be executable by all and not set-id", 0, path);
	return fd_take(&fd);
}

static int grant_path(int ruleset, int abi, const char *path, unsigned rights, bool code, struct view *view)
{
	OWN_FD int fd = open(path, O_PATH | O_CLOEXEC);

	if (fd < 0)
		return errno == ENOENT || errno == ENOTDIR ? 0 : -1;
	if (landlock_grant(ruleset, abi, fd, rights) != 0)
		return -1;
	return view == NULL ? 0 : view_show_named(view, path, fd, code);
}

/* The program itself is not shown, because the exec uses its descriptor. */
int program_grant(int ruleset, int abi, int program, enum role role, struct view *view)
{
	if (landlock_grant(ruleset, abi, program, RIGHT_EXECUTE | RIGHT_READ_FILE) != 0)
		return -1;
	for (size_t i = 0; i < N_ELEMENTS(needs); i++) {
		if (needs[i].roles != 0 && (needs[i].roles & 1u << role) == 0)
			continue;
		if (grant_path(ruleset, abi, needs[i].path, needs[i].rights, needs[i].roles == 0, view) != 0)
			return -1;
	}
	return 0;
}
