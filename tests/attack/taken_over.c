/* SPDX-License-Identifier: Apache-2.0 */
/* taken_over: replaces rsync, scp or sftp-server, and tries to make, change and delete the claim
 * on INSTANCE, by every call that there is. Prints each call with what it gave; claims the whole directory for
 * a peer that does not exist when one of them works. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/xattr.h>
#include <unistd.h>

#ifndef SYS_setxattrat
#define SYS_setxattrat 463
#define SYS_removexattrat 466
#endif

#define NAME "user.rssh-nova.claim"
#define VALUE "1 1 1 203.0.113.1 planted"

struct xattr_at {
	uint64_t value;
	uint32_t size, flags;
};

static void say(const char *call, long rc)
{
	dprintf(1, "%s %s\n", call, rc == 0 ? "done" : strerror(errno));
}

int main(void)
{
	static const char value[] = VALUE;
	const size_t len = sizeof(value) - 1;
	const int dir = open(INSTANCE, O_RDONLY | O_DIRECTORY), path = open(INSTANCE, O_PATH);
	char link[64];
	const struct xattr_at at = { (uint64_t)(uintptr_t)value, (uint32_t)len, 0 };

	snprintf(link, sizeof(link), "/proc/self/fd/%d", dir);
	dprintf(1, "opened %s\n", dir >= 0 || path >= 0 ? "done" : strerror(errno));
	say("setxattr", setxattr(INSTANCE, NAME, value, len, 0));
	say("lsetxattr", lsetxattr(INSTANCE, NAME, value, len, 0));
	say("fsetxattr", fsetxattr(dir, NAME, value, len, 0));
	say("fsetxattr-path", fsetxattr(path, NAME, value, len, 0));
	say("setxattr-proc", setxattr(link, NAME, value, len, 0));
	say("setxattr-create", setxattr(INSTANCE, NAME, value, len, XATTR_CREATE));
	say("setxattr-replace", setxattr(INSTANCE, NAME, value, len, XATTR_REPLACE));
	say("setxattrat", syscall(SYS_setxattrat, AT_FDCWD, INSTANCE, 0, NAME, &at, sizeof(at)));
	say("setxattrat-empty", syscall(SYS_setxattrat, dir, "", AT_EMPTY_PATH, NAME, &at, sizeof(at)));
	say("removexattr", removexattr(INSTANCE, NAME));
	say("lremovexattr", lremovexattr(INSTANCE, NAME));
	say("fremovexattr", fremovexattr(dir, NAME));
	say("removexattrat", syscall(SYS_removexattrat, AT_FDCWD, INSTANCE, 0, NAME));
	say("removexattrat-empty", syscall(SYS_removexattrat, dir, "", AT_EMPTY_PATH, NAME));
	return 0;
}
