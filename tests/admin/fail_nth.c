/* SPDX-License-Identifier: Apache-2.0 */
/* fail_nth: preloaded. Call number FAIL_NTH of the functions below, counted together, fails with EIO, or kills the
 * program if FAIL_HOW is "kill". Then it makes the file FAIL_MARK. */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>

static int fails(void)
{
	static long calls;
	const char *const nth = getenv("FAIL_NTH"), *const how = getenv("FAIL_HOW");

	if (nth == NULL || ++calls != atol(nth))
		return 0;
	if (open(getenv("FAIL_MARK"), O_CREAT | O_WRONLY | O_CLOEXEC, 0600) < 0)
		abort();
	if (how != NULL && strcmp(how, "kill") == 0)
		raise(SIGKILL);
	errno = EIO;
	return 1;
}

#define WRAP(result, name, parameters, arguments) \
	result name parameters; \
	result name parameters \
	{ \
		result(*next) parameters; \
\
		if (fails()) \
			return -1; \
		*(void **)&next = dlsym(RTLD_NEXT, #name); \
		return next arguments; \
	}

WRAP(int, mkdir, (const char *path, mode_t mode), (path, mode))
WRAP(int, rmdir, (const char *path), (path))
WRAP(int, unlink, (const char *path), (path))
WRAP(int, rename, (const char *from, const char *to), (from, to))
WRAP(int, symlink, (const char *to, const char *path), (to, path))
WRAP(int, mkostemps, (char *path, int suffix, int flags), (path, suffix, flags))
WRAP(int, fsync, (int fd), (fd))
WRAP(int, fchown, (int fd, uid_t uid, gid_t gid), (fd, uid, gid))
WRAP(int, fchmod, (int fd, mode_t mode), (fd, mode))
WRAP(int, flock, (int fd, int how), (fd, how))
WRAP(ssize_t, write, (int fd, const void *at, size_t len), (fd, at, len))
WRAP(pid_t, fork, (void), ())
