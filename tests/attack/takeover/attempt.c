/* SPDX-License-Identifier: Apache-2.0 */
#include "attempt.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

enum {
	RAW_TMPFILE = 020000000,
	SET_ID = 06000,
};

struct aim aim = { .stride = 1 };

bool has_role(const char *roles)
{
	return strchr(roles, aim.role) != NULL;
}

bool is_free(void)
{
	return aim.role == '-';
}

void report(enum without without, bool effect, const char *format, ...)
{
	static const char *const words[] = { "refused", "escapes", "inside" };
	const bool missing = without == ESCAPES && !effect && errno == ENOSYS;
	const int err = errno;
	char name[128];
	va_list args;

	va_start(args, format);
	vsnprintf(name, sizeof(name), format, args);
	va_end(args);
	printf("{\"name\": \"%s\", \"errno\": %d, \"effect\": %s, \"without\": \"%s\"}\n", name, effect ? 0 : err,
		effect ? "true" : "false", missing ? "missing" : words[without]);
	fflush(stdout);
	errno = 0;
}

const char *in(const char *directory, const char *name)
{
	static char paths[8][512];
	static unsigned at;
	char *const path = paths[at++ % 8];

	snprintf(path, sizeof(paths[0]), "%s/%s", directory, name);
	return path;
}

const char *in_home(const char *name)
{
	return in(aim.home, name);
}

const char *in_own(const char *name)
{
	return in(aim.own, name);
}

static bool filter_refuses(int flags, unsigned mode)
{
	const int changes = O_CREAT | O_TRUNC | RAW_TMPFILE;

	if (has_role("T"))
		return (flags & (O_ACCMODE | changes)) != 0;
	if (has_role("F"))
		return (flags & changes) != 0;
	if ((flags & O_TRUNC) != 0 && (flags & O_ACCMODE) != O_WRONLY && (flags & O_ACCMODE) != O_RDWR)
		return true;
	return (flags & RAW_TMPFILE) != 0 || (mode & SET_ID) != 0;
}

long open_way(const char *path, int flags, unsigned mode)
{
	if (filter_refuses(flags, mode))
		denied_note("openat");
	return TRIED(openat, AT_FDCWD, path, flags, mode);
}

bool opens(const char *path, int flags, unsigned mode)
{
	const long fd = open_way(path, flags, mode);

	if (fd < 0)
		return false;
	close((int)fd);
	return true;
}

struct stat look(const char *path)
{
	struct stat st = { .st_ino = 0 };

	(void)!fstatat(AT_FDCWD, path, &st, AT_SYMLINK_NOFOLLOW);
	return st;
}

bool changed(const char *path, struct stat *before)
{
	const int err = errno;
	const struct stat now = look(path);
	const bool differs = now.st_mode != before->st_mode || now.st_uid != before->st_uid ||
		now.st_gid != before->st_gid || now.st_mtim.tv_sec != before->st_mtim.tv_sec;

	*before = now;
	errno = err;
	return differs;
}

bool apart(bool (*function)(void))
{
	int status = 0;
	pid_t pid;

	if (!is_free())
		return function();
	fflush(stdout);
	pid = fork();
	if (pid == 0)
		_exit(function() ? 0 : 1);
	return pid > 0 && waitpid(pid, &status, 0) == pid && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}
