/* SPDX-License-Identifier: Apache-2.0 */
#include "calls.h"

#include <errno.h>
#include <fcntl.h>

#include "attempt.h"

enum {
	SET_ID = 06000,
};

long no_call(void)
{
	errno = ENOSYS;
	return -1;
}

/* rsync, scp and sftp-server set modes by path: the filter lets role V do it, and refuses the others uncounted. scp
 * alone may also ask for set-id bits uncounted. */
static const char *chmod_roles(unsigned long mode)
{
	return (mode & SET_ID) != 0 ? "C" : "RVMCP";
}

long libc_chmod(const char *path, unsigned long mode)
{
	if (SYS_chmod != NO_CALL)
		return DENIED_BUT(chmod_roles(mode), chmod, path, mode);
	return DENIED_BUT(chmod_roles(mode), fchmodat, AT_FDCWD, path, mode);
}

long libc_link(const char *from, const char *to)
{
	return SYS_link != NO_CALL ? DENIED(link, from, to) : DENIED(linkat, AT_FDCWD, from, AT_FDCWD, to, 0);
}

long libc_mkdir(const char *path, unsigned mode)
{
	if (SYS_mkdir != NO_CALL)
		return DENIED_BUT("RVMCP", mkdir, path, mode);
	return DENIED_BUT("RVMCP", mkdirat, AT_FDCWD, path, mode);
}

long libc_mknod(const char *path, unsigned mode, dev_t dev)
{
	return SYS_mknod != NO_CALL ? DENIED(mknod, path, mode, dev) : DENIED(mknodat, AT_FDCWD, path, mode, dev);
}

long libc_rename(const char *from, const char *to)
{
	if (SYS_rename != NO_CALL)
		return DENIED_BUT("RVM", rename, from, to);
	return DENIED_BUT("RVM", renameat, AT_FDCWD, from, AT_FDCWD, to);
}

long libc_rmdir(const char *path)
{
	if (SYS_rmdir != NO_CALL)
		return DENIED_BUT("RVM", rmdir, path);
	return DENIED_BUT("RVM", unlinkat, AT_FDCWD, path, AT_REMOVEDIR);
}

long libc_symlink(const char *target, const char *path)
{
	return SYS_symlink != NO_CALL ? DENIED(symlink, target, path) : DENIED(symlinkat, target, AT_FDCWD, path);
}

long libc_unlink(const char *path)
{
	if (SYS_unlink != NO_CALL)
		return DENIED_BUT("RVM", unlink, path);
	return DENIED_BUT("RVM", unlinkat, AT_FDCWD, path, 0);
}
