/* SPDX-License-Identifier: Apache-2.0 */
#include "base/landlock.h"

#include <linux/landlock.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "policy/right.h"

_Static_assert((int)RIGHT_EXECUTE == LANDLOCK_ACCESS_FS_EXECUTE, "landlock.h");
_Static_assert((int)RIGHT_WRITE_FILE == LANDLOCK_ACCESS_FS_WRITE_FILE, "landlock.h");
_Static_assert((int)RIGHT_READ_FILE == LANDLOCK_ACCESS_FS_READ_FILE, "landlock.h");
_Static_assert((int)RIGHT_READ_DIR == LANDLOCK_ACCESS_FS_READ_DIR, "landlock.h");
_Static_assert((int)RIGHT_REMOVE_DIR == LANDLOCK_ACCESS_FS_REMOVE_DIR, "landlock.h");
_Static_assert((int)RIGHT_REMOVE_FILE == LANDLOCK_ACCESS_FS_REMOVE_FILE, "landlock.h");
_Static_assert((int)RIGHT_MAKE_DIR == LANDLOCK_ACCESS_FS_MAKE_DIR, "landlock.h");
_Static_assert((int)RIGHT_MAKE_REG == LANDLOCK_ACCESS_FS_MAKE_REG, "landlock.h");

enum {
	FS_ABI_1 = (1 << 13) - 1,
	FS_REFER = 1 << 13,
	FS_TRUNCATE = 1 << 14,
	FS_IOCTL_DEV = 1 << 15,
	FS_RESOLVE_UNIX = 1 << 16,
	NET_TCP = (1 << 0) | (1 << 1), /* bind, connect */
	SCOPE_ABSTRACT_UNIX = 1 << 0,
	SCOPE_SIGNAL = 1 << 1,
	LOG_NEW_EXEC_ON = 1 << 1,
	FILE_RIGHTS = RIGHT_EXECUTE | RIGHT_WRITE_FILE | RIGHT_READ_FILE | RIGHT_TRUNCATE,
};

/* The rights that each ABI added. A ruleset handles those of all rows up to the ABI of the kernel. */
static const struct {
	int abi;
	uint64_t fs, net, scoped;
} additions[] = {
	{ 1, FS_ABI_1, 0, 0 },
	{ 2, FS_REFER, 0, 0 },
	{ 3, FS_TRUNCATE, 0, 0 },
	{ 4, 0, NET_TCP, 0 },
	{ 5, FS_IOCTL_DEV, 0, 0 },
	{ 6, 0, 0, SCOPE_ABSTRACT_UNIX | SCOPE_SIGNAL },
	{ 9, FS_RESOLVE_UNIX, 0, 0 },
};

/* struct landlock_ruleset_attr of ABI 6. Older kernels accept a tail of zeros. */
struct ruleset {
	uint64_t fs, net, scoped;
};

static struct ruleset handled_at(int abi)
{
	struct ruleset handled = { 0, 0, 0 };

	for (size_t i = 0; i < N_ELEMENTS(additions) && additions[i].abi <= abi; i++) {
		handled.fs |= additions[i].fs;
		handled.net |= additions[i].net;
		handled.scoped |= additions[i].scoped;
	}
	return handled;
}

int landlock_abi(void)
{
	const long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);

	return abi < 0 ? 0 : (int)abi;
}

int landlock_begin(int abi, bool peers_signal)
{
	struct ruleset handled = handled_at(abi);

	if (peers_signal)
		handled.scoped &= ~(uint64_t)SCOPE_SIGNAL;
	return (int)syscall(SYS_landlock_create_ruleset, &handled, sizeof(handled), 0);
}

int landlock_grant(int ruleset, int abi, int fd, unsigned rights)
{
	struct stat st;
	struct landlock_path_beneath_attr rule = { .parent_fd = fd };

	if (fstat(fd, &st) != 0)
		return -1;
	if (!S_ISDIR(st.st_mode))
		rights &= FILE_RIGHTS;
	rule.allowed_access = rights & handled_at(abi).fs;
	if (rule.allowed_access == 0)
		return 0;
	return (int)syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0);
}

int landlock_enforce(int ruleset, int abi)
{
	return (int)syscall(SYS_landlock_restrict_self, ruleset, abi >= 7 ? LOG_NEW_EXEC_ON : 0);
}
