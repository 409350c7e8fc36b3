/* SPDX-License-Identifier: Apache-2.0 */
/* Modes, owners, times and extended attributes: what Landlock does not guard. */
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdio.h>
#include <string.h>
#include <sys/time.h>
#include <utime.h>

#include "attempt.h"

/* Newer than the headers. */
#ifndef SYS_fchmodat2
#define SYS_fchmodat2 452
#endif
#define SYS_setxattrat 463
#define SYS_file_setattr 469

/* Another one each time: what an attempt leaves must differ from what the one before it left. */
static long past(void)
{
	static long seconds = 1000;

	return seconds++;
}

static const char *claim(void)
{
	static char text[CLAIM_LOOK_MAX];

	snprintf(text, sizeof(text), "1 170000%04ld 1 192.0.2.9 -", past());
	return text;
}

/* fchmodat2(2) is as new as that. */
static enum without from_linux_6_6(void)
{
	return errno == ENOSYS ? REFUSED : ESCAPES;
}

/* As the filter sees it: programs that set modes by path are told quietly that they may not, or that it was done. */
static void chmod_way(const char *path, unsigned mode)
{
	if (!has_role("RVMCP"))
		denied_note("chmod");
	(void)TRIED(chmod, path, mode);
}

static void modes(const char *path, const char *shown)
{
	struct state before = state_before(path);
	const unsigned mode = (unsigned)before.st.st_mode & 07777u;
	const long fd = TRIED(openat, AT_FDCWD, path, O_PATH);
	char self[64];

	chmod_way(path, mode ^ 2);
	report(ESCAPES, changed(path, &before), "chmod-%s", shown);
	(void)DENIED(fchmodat, AT_FDCWD, path, mode ^ 4);
	report(ESCAPES, changed(path, &before), "fchmodat-%s", shown);
	(void)DENIED_BUT("RVM", fchmodat2, AT_FDCWD, path, mode ^ 1, 0);
	report(from_linux_6_6(), changed(path, &before), "fchmodat2-%s", shown);
	(void)DENIED_BUT("RVM", fchmodat2, fd, "", mode ^ 2, AT_EMPTY_PATH);
	report(from_linux_6_6(), changed(path, &before), "fchmodat2-descriptor-%s", shown);
	(void)DENIED_BUT("RVMC", fchmod, fd, mode ^ 1);
	report(is_free() ? INSIDE : REFUSED, changed(path, &before), "fchmod-O_PATH-%s", shown);
	snprintf(self, sizeof(self), "/proc/self/fd/%ld", fd);
	(void)DENIED(fchmodat, AT_FDCWD, self, mode ^ 4);
	report(ESCAPES, changed(path, &before), "fchmodat-/proc/self/fd-%s", shown);
	chmod_way(self, mode ^ 2);
	report(ESCAPES, changed(path, &before), "chmod-/proc/self/fd-%s", shown);
	if (fd >= 0)
		close((int)fd);
}

/* rsync is told that it worked; nothing may have. */
static void owners(const char *path, const char *shown)
{
	struct state before = state_before(path);

	(void)DENIED_BUT("RVM", chown, path, -1, aim.group);
	report(ESCAPES, changed(path, &before), "chown-%s", shown);
	(void)DENIED_BUT("RVM", lchown, path, -1, getgid());
	report(ESCAPES, changed(path, &before), "lchown-%s", shown);
	(void)DENIED_BUT("RVM", fchownat, AT_FDCWD, path, -1, aim.group, 0);
	report(ESCAPES, changed(path, &before), "fchownat-%s", shown);
}

static void times(const char *path, const char *shown)
{
	struct state before = state_before(path);
	const struct utimbuf old = { past(), past() };
	const struct timeval old_us[] = { { past(), 0 }, { past(), 0 }, { past(), 0 } };
	const struct timespec old_ns[] = { { past(), 0 }, { past(), 0 }, { past(), 0 }, { past(), 0 } };
	const long fd = TRIED(openat, AT_FDCWD, path, O_PATH);

	(void)DENIED(utime, path, &old);
	report(ESCAPES, changed(path, &before), "utime-%s", shown);
	(void)DENIED(utimes, path, old_us);
	report(ESCAPES, changed(path, &before), "utimes-%s", shown);
	(void)DENIED(futimesat, AT_FDCWD, path, old_us + 1);
	report(ESCAPES, changed(path, &before), "futimesat-%s", shown);
	(void)DENIED(utimensat, AT_FDCWD, path, old_ns, 0);
	report(ESCAPES, changed(path, &before), "utimensat-%s", shown);
	(void)DENIED(utimensat, fd, "", old_ns + 1, AT_EMPTY_PATH);
	report(ESCAPES, changed(path, &before), "utimensat-descriptor-%s", shown);
	(void)DENIED(utimensat, fd, NULL, old_ns + 2, 0);
	report(is_free() ? INSIDE : REFUSED, changed(path, &before), "utimensat-null-%s", shown);
	if (fd >= 0)
		close((int)fd);
}

static void xattrs(const char *path, const char *shown)
{
	static const char name[] = "user.rssh-nova.claim";
	struct state before = state_before(path);
	const long fd = TRIED(openat, AT_FDCWD, path, O_PATH);
	const unsigned size = (unsigned)strlen(claim());
	struct {
		unsigned long value;
		unsigned size, flags;
	} args = { (unsigned long)claim(), size, 0 };

	(void)DENIED(setxattr, path, name, claim(), size, 0);
	report(ESCAPES, changed(path, &before), "setxattr-%s", shown);
	(void)DENIED(lsetxattr, path, name, claim(), size, 0);
	report(ESCAPES, changed(path, &before), "lsetxattr-%s", shown);
	(void)DENIED(fsetxattr, fd, name, claim(), size, 0);
	report(is_free() ? INSIDE : REFUSED, changed(path, &before), "fsetxattr-%s", shown);
	(void)DENIED(setxattrat, AT_FDCWD, path, 0, name, &args, sizeof(args));
	report(is_free() ? INSIDE : REFUSED, changed(path, &before), "setxattrat-%s", shown);
	(void)DENIED(removexattr, path, name);
	report(ESCAPES, changed(path, &before), "removexattr-%s", shown);
	(void)DENIED(lremovexattr, path, name);
	report(is_free() ? INSIDE : REFUSED, changed(path, &before), "lremovexattr-%s", shown);
	(void)DENIED(setxattr, path, "system.posix_acl_access", claim(), 4, 0);
	report(is_free() ? INSIDE : REFUSED, changed(path, &before), "acl-%s", shown);
	(void)DENIED(file_setattr, AT_FDCWD, path, NULL, 0, 0);
	report(is_free() ? INSIDE : REFUSED, changed(path, &before), "file_setattr-%s", shown);
	if (fd >= 0)
		close((int)fd);
}

/* A directory or a file that may be opened for reading is still not the peer's to change. */
static void descriptor_modes(const char *path, const char *shown)
{
	struct state before = state_before(path);
	const long fd = TRIED(openat, AT_FDCWD, path, O_RDONLY);
	const bool owned = before.st.st_uid == getuid();
	const struct timespec old[2] = { { past(), 0 }, { past(), 0 } };

	if (fd < 0) {
		report(REFUSED, false, "fchmod-read-only-%s", shown);
		return;
	}
	(void)DENIED_BUT("RVMC", fchmod, fd, 0777);
	report(owned ? ESCAPES : REFUSED, changed(path, &before), "fchmod-read-only-%s", shown);
	(void)DENIED(utimensat, fd, NULL, old, 0);
	report(owned ? ESCAPES : REFUSED, changed(path, &before), "futimens-read-only-%s", shown);
	(void)DENIED(ioctl, fd, FS_IOC_SETFLAGS, &(int){ FS_NOATIME_FL });
	report(is_free() ? INSIDE : REFUSED, changed(path, &before), "setflags-read-only-%s", shown);
	close((int)fd);
}

/* What it may write anyway: who receives behind the second wall may do that by path too. */
static void own_mode(void)
{
	const char *const path = in_own("moded");
	struct stat st = { .st_mode = 0 };

	(void)opens(path, O_WRONLY | O_CREAT | O_EXCL, 0600);
	chmod_way(path, 0640);
	(void)!stat(path, &st);
	report(INSIDE, (st.st_mode & 07777) == 0640, "chmod-own");
	chmod_way(in_own("."), 0750);
	(void)!stat(aim.own, &st);
	report(INSIDE, (st.st_mode & 07777) == 0750, "chmod-own-directory");
	chmod_way(in_own("."), 0755);
	(void)DENIED_BUT("RVM", unlink, path);
}

/* By a path that goes on from its own place, and by whatever else can be named there. */
static void mode_of(enum without without, const char *path, const char *shown)
{
	struct stat before = { .st_ino = 0 }, after = { .st_ino = 0 };
	int err;

	(void)!stat(path, &before);
	chmod_way(path, ((unsigned)before.st_mode & 01777u) ^ 02u);
	err = errno;
	(void)!stat(path, &after);
	if (is_free() && after.st_mode != before.st_mode)
		(void)chmod(path, before.st_mode & 07777);
	errno = err;
	report(without, after.st_mode != before.st_mode, "chmod-there-%s", shown);
}

static void modes_round_it(void)
{
	static const char *const system[] = { "/", "/..", "/etc", "/etc/passwd", "/usr", "/usr/lib", "/usr/lib64",
		"/lib64", "/lib64/ld-linux-x86-64.so.2", "/usr/lib/x86_64-linux-gnu",
		"/usr/lib/x86_64-linux-gnu/libc.so.6", "/var", "/dev", "/dev/null", "/tmp", "/proc/self/exe",
		"/opt/takeover/program" };
	static const char *const links[] = { "to-canary", "to-instance", "to-root" }; /* laid by the test */

	for (size_t i = 0; i < sizeof(system) / sizeof(system[0]); i++)
		mode_of(REFUSED, system[i], system[i]);
	mode_of(ESCAPES, aim.home, "home");
	mode_of(ESCAPES, aim.root, "root");
	mode_of(REFUSED, "", "nothing");
	for (size_t i = 0; i < sizeof(links) / sizeof(links[0]); i++)
		mode_of(ESCAPES, in_own(links[i]), links[i]);
	mode_of(REFUSED, in_own("to-library"), "to-library");
	mode_of(REFUSED, in_own("to-null"), "to-null");
	mode_of(ESCAPES, in_own(".."), "above");
	mode_of(ESCAPES, in_own("../22222222-2222-4222-8222-222222222222"), "beside");
	(void)!chdir(aim.own);
	mode_of(ESCAPES, "..", "above-relative");
	mode_of(ESCAPES, "../_base", "image-cache-relative");
	(void)!chdir("/");
}

void attempts_attributes(void)
{
	const char *const canary = in_home("public/file");
	const char *const other = in(aim.other, "disk");
	const char *const image = in(aim.root, "_base/da39a3ee5e6b4b0d3255bfef95601890afd80709");

	modes(canary, "outside");
	modes(other, "instance");
	modes(aim.root, "root");
	owners(canary, "outside");
	owners(other, "instance");
	times(canary, "outside");
	times(other, "instance");
	xattrs(canary, "outside");
	xattrs(aim.other, "instance");
	xattrs(aim.own, "own");
	descriptor_modes(image, "image");
	descriptor_modes(in(aim.root, "_base"), "image-cache");
	descriptor_modes(in(aim.other, "kernel"), "kernel");
	descriptor_modes("/etc/passwd", "passwd");
	own_mode();
	modes_round_it();
}
