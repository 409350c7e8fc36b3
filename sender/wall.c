/* SPDX-License-Identifier: Apache-2.0 */
#include "sender/wall.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Rights of ABI 2 and 3 that older headers do not have (linux/landlock.h). */
#define FS_REFER (UINT64_C(1) << 13)
#define FS_TRUNCATE (UINT64_C(1) << 14)

#define WRITE_RIGHTS \
	((uint64_t)(LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_REMOVE_DIR | LANDLOCK_ACCESS_FS_REMOVE_FILE | \
		LANDLOCK_ACCESS_FS_MAKE_CHAR | LANDLOCK_ACCESS_FS_MAKE_DIR | LANDLOCK_ACCESS_FS_MAKE_REG | \
		LANDLOCK_ACCESS_FS_MAKE_SOCK | LANDLOCK_ACCESS_FS_MAKE_FIFO | LANDLOCK_ACCESS_FS_MAKE_BLOCK | \
		LANDLOCK_ACCESS_FS_MAKE_SYM))

/* Rights in the directory: regular files and directories, but no link, device, FIFO or socket. */
#define DIRECTORY_RIGHTS \
	((uint64_t)(LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_REMOVE_DIR | LANDLOCK_ACCESS_FS_REMOVE_FILE | \
		LANDLOCK_ACCESS_FS_MAKE_DIR | LANDLOCK_ACCESS_FS_MAKE_REG))

static int rule_add(int ruleset, const char *path, uint64_t rights)
{
	struct landlock_path_beneath_attr rule = { .allowed_access = rights };
	int result;

	rule.parent_fd = open(path, O_PATH | O_CLOEXEC);
	if (rule.parent_fd < 0)
		return -1;
	result = (int)syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0);
	close(rule.parent_fd);
	return result;
}

/* Returns the ABI; 0 if the kernel lacks Landlock or disables it (landlock_create_ruleset(2)); else -1 and errno. */
static long wall_abi(void)
{
	const long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);

	return abi < 0 && (errno == ENOSYS || errno == EOPNOTSUPP) ? 0 : abi;
}

bool wall_open(int *ruleset, const char *dir)
{
	const long abi = wall_abi();
	const uint64_t truncate = abi >= 3 ? FS_TRUNCATE : 0;
	const uint64_t refer = abi >= 2 ? FS_REFER : 0;
	const struct landlock_ruleset_attr attr = { .handled_access_fs = WRITE_RIGHTS | truncate | refer };

	*ruleset = -1;
	if (abi < 1)
		return abi == 0;
	*ruleset = (int)syscall(SYS_landlock_create_ruleset, &attr, sizeof(attr), 0);
	return *ruleset >= 0 && rule_add(*ruleset, dir, DIRECTORY_RIGHTS | truncate | refer) == 0 &&
		rule_add(*ruleset, "/dev/null", LANDLOCK_ACCESS_FS_WRITE_FILE | truncate) == 0;
}

int wall_enter(int ruleset)
{
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		return -1;
	return (int)syscall(SYS_landlock_restrict_self, ruleset, 0);
}
