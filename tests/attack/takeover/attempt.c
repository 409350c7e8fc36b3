/* SPDX-License-Identifier: Apache-2.0 */
#include "attempt.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <time.h>

enum {
	RAW_TMPFILE = 020000000,
	SET_ID = 06000,
};

struct aim aim;

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
	const int err = errno;
	char name[128];
	va_list args;

	va_start(args, format);
	vsnprintf(name, sizeof(name), format, args);
	va_end(args);
	printf("{\"name\": \"%s\", \"errno\": %d, \"effect\": %s, \"without\": \"%s\"}\n", name, effect ? 0 : err,
		effect ? "true" : "false", words[without]);
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

static bool is_later(const struct timespec *a, const struct timespec *b)
{
	return a->tv_sec != b->tv_sec ? a->tv_sec > b->tv_sec : a->tv_nsec > b->tv_nsec;
}

/* Asks the vDSO: a sleep would be a call that the filter may refuse. */
static void wait_for_tick(const struct timespec *than)
{
	struct timespec now;

	do
		clock_gettime(CLOCK_REALTIME_COARSE, &now);
	while (!is_later(&now, than));
}

static bool same_time(const struct timespec *a, const struct timespec *b)
{
	return a->tv_sec == b->tv_sec && a->tv_nsec == b->tv_nsec;
}

/* The value of the claim, or "" if it cannot be read: behind the walls, only the time of change tells. */
static void claim_look(char out[CLAIM_LOOK_MAX], const char *path)
{
	ssize_t len = 0;

	if (is_free())
		len = getxattr(path, "user.rssh-nova.claim", out, CLAIM_LOOK_MAX - 1);
	out[len > 0 ? len : 0] = '\0';
}

struct state state_before(const char *path)
{
	struct state state = { .st = look(path) };

	wait_for_tick(&state.st.st_ctim);
	claim_look(state.claim, path);
	return state;
}

bool changed(const char *path, struct state *before)
{
	const int err = errno;
	const struct stat *const old = &before->st, now = look(path);
	char claim[CLAIM_LOOK_MAX];
	bool differs;

	claim_look(claim, path);
	differs = now.st_mode != old->st_mode || now.st_uid != old->st_uid || now.st_gid != old->st_gid ||
		now.st_size != old->st_size || !same_time(&now.st_mtim, &old->st_mtim) ||
		!same_time(&now.st_ctim, &old->st_ctim) || strcmp(claim, before->claim) != 0;
	*before = state_before(path);
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
