/* SPDX-License-Identifier: Apache-2.0 */
/* right: what a confined process may do below a place of the file system.
 * The values are those of LANDLOCK_ACCESS_FS_* (linux/landlock.h), which base/landlock.c asserts. */
#ifndef POLICY_RIGHT_H
#define POLICY_RIGHT_H

enum right {
	RIGHT_EXECUTE = 1 << 0,
	RIGHT_WRITE_FILE = 1 << 1,
	RIGHT_READ_FILE = 1 << 2,
	RIGHT_READ_DIR = 1 << 3,
	RIGHT_REMOVE_DIR = 1 << 4,
	RIGHT_REMOVE_FILE = 1 << 5,
	RIGHT_MAKE_DIR = 1 << 7,
	RIGHT_MAKE_REG = 1 << 8,
	RIGHT_TRUNCATE = 1 << 14,
};

#endif
