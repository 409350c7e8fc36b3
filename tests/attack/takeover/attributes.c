/* SPDX-License-Identifier: Apache-2.0 */
/* Modes, owners, times and extended attributes: what Landlock does not guard. */
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdio.h>
#include <sys/time.h>
#include <utime.h>

#include "attempt.h"

/* Another one each time: what an attempt leaves must differ from what the one before it left. */
static long past(void)
{
	static long seconds = 1000;

	return seconds++;
}

static unsigned other_mode(const struct stat *before, unsigned bit)
{
	return ((unsigned)before->st_mode & 07777u) ^ bit;
}

static void modes(const char *path, const char *shown)
{
	struct stat before = look(path);
	const long fd = TRIED(openat, AT_FDCWD, path, O_PATH, 0);
	char self[64];

	(void)libc_chmod(path, other_mode(&before, 2));
	report(ESCAPES, changed(path, &before), "chmod-%s", shown);
	(void)DENIED_BUT(IF_CHMOD_IS_FCHMODAT("RVMCP"), fchmodat, AT_FDCWD, path, other_mode(&before, 4));
	report(ESCAPES, changed(path, &before), "fchmodat-%s", shown);
	(void)DENIED_BUT("RVM", fchmodat2, AT_FDCWD, path, other_mode(&before, 1), 0);
	report(ESCAPES, changed(path, &before), "fchmodat2-%s", shown);
	(void)DENIED_BUT("RVM", fchmodat2, fd, "", other_mode(&before, 2), AT_EMPTY_PATH);
	report(ESCAPES, changed(path, &before), "fchmodat2-descriptor-%s", shown);
	(void)DENIED_BUT("RVMC", fchmod, fd, other_mode(&before, 1));
	report(is_free() ? INSIDE : REFUSED, changed(path, &before), "fchmod-O_PATH-%s", shown);
	snprintf(self, sizeof(self), "/proc/self/fd/%ld", fd);
	(void)DENIED_BUT(IF_CHMOD_IS_FCHMODAT("RVMCP"), fchmodat, AT_FDCWD, self, other_mode(&before, 4));
	report(ESCAPES, changed(path, &before), "fchmodat-/proc/self/fd-%s", shown);
	(void)libc_chmod(self, other_mode(&before, 2));
	report(ESCAPES, changed(path, &before), "chmod-/proc/self/fd-%s", shown);
	if (fd >= 0)
		close((int)fd);
}

static gid_t other_group(const struct stat *before)
{
	return before->st_gid == getgid() ? (gid_t)aim.group : getgid();
}

/* rsync is told that it worked; nothing may have. */
static void owners(const char *path, const char *shown)
{
	struct stat before = look(path);

	(void)DENIED_BUT("RVM", chown, path, -1, other_group(&before));
	report(ESCAPES, changed(path, &before), "chown-%s", shown);
	(void)DENIED_BUT("RVM", lchown, path, -1, other_group(&before));
	report(ESCAPES, changed(path, &before), "lchown-%s", shown);
	(void)DENIED_BUT("RVM", fchownat, AT_FDCWD, path, -1, other_group(&before), 0);
	report(ESCAPES, changed(path, &before), "fchownat-%s", shown);
}

static void times(const char *path, const char *shown)
{
	struct stat before = look(path);
	const struct utimbuf old = { past(), past() };
	const struct timeval old_us[] = { { past(), 0 }, { past(), 0 }, { past(), 0 } };
	const struct timespec old_ns[] = { { past(), 0 }, { past(), 0 }, { past(), 0 }, { past(), 0 } };
	const long fd = TRIED(openat, AT_FDCWD, path, O_PATH, 0);

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

/* Was it done, or was there no such attribute? No filter says that; only the kernel can have looked. */
static bool removed(long result)
{
	return result == 0 || errno == ENODATA;
}

/* No role is told that it worked if it did not, so the result tells. The test compares the attributes besides. */
static void xattrs(const char *path, const char *shown)
{
	static const char name[] = "user.rssh-nova.claim", claim[] = "1 1700000000 1 192.0.2.9 -";
	const long fd = TRIED(openat, AT_FDCWD, path, O_PATH, 0);
	const unsigned size = sizeof(claim) - 1;
	struct {
		unsigned long value;
		unsigned size, flags;
	} args = { (unsigned long)claim, size, 0 };

	report(ESCAPES, DENIED(setxattr, path, name, claim, size, 0) == 0, "setxattr-%s", shown);
	report(ESCAPES, DENIED(lsetxattr, path, name, claim, size, 0) == 0, "lsetxattr-%s", shown);
	report(is_free() ? INSIDE : REFUSED, DENIED(fsetxattr, fd, name, claim, size, 0) == 0, "fsetxattr-%s", shown);
	report(is_free() ? INSIDE : REFUSED, DENIED(setxattrat, AT_FDCWD, path, 0, name, &args, sizeof(args)) == 0,
		"setxattrat-%s", shown);
	report(ESCAPES, removed(DENIED(removexattr, path, name)), "removexattr-%s", shown);
	report(ESCAPES, removed(DENIED(lremovexattr, path, name)), "lremovexattr-%s", shown);
	report(is_free() ? INSIDE : REFUSED, DENIED(setxattr, path, "system.posix_acl_access", claim, 4, 0) == 0,
		"acl-%s", shown);
	report(is_free() ? INSIDE : REFUSED, DENIED(file_setattr, AT_FDCWD, path, NULL, 0, 0) == 0, "file_setattr-%s",
		shown);
	if (fd >= 0)
		close((int)fd);
}

/* A directory or a file that may be opened for reading is still not the peer's to change. */
static void descriptor_modes(const char *path, const char *shown)
{
	struct stat before = look(path);
	const long fd = TRIED(openat, AT_FDCWD, path, O_RDONLY, 0);
	const bool owned = before.st_uid == getuid();
	const struct timespec old[2] = { { past(), 0 }, { past(), 0 } };

	if (fd < 0) {
		report(REFUSED, false, "fchmod-read-only-%s", shown);
		return;
	}
	(void)DENIED_BUT("RVMC", fchmod, fd, 0777);
	report(owned ? ESCAPES : REFUSED, changed(path, &before), "fchmod-read-only-%s", shown);
	(void)DENIED(utimensat, fd, NULL, old, 0);
	report(owned ? ESCAPES : REFUSED, changed(path, &before), "futimens-read-only-%s", shown);
	report(is_free() ? INSIDE : REFUSED, DENIED(ioctl, fd, FS_IOC_SETFLAGS, &(int){ FS_NOATIME_FL }) == 0,
		"setflags-read-only-%s", shown);
	close((int)fd);
}

/* What it may write anyway: who receives behind the second wall may do that by path too. */
static void own_mode(void)
{
	const char *const path = in_own("moded");
	struct stat st = { .st_mode = 0 };

	(void)opens(path, O_WRONLY | O_CREAT | O_EXCL, 0600);
	(void)libc_chmod(path, 0640);
	(void)!stat(path, &st);
	report(INSIDE, (st.st_mode & 07777) == 0640, "chmod-own");
	(void)libc_chmod(in_own("."), 0750);
	(void)!stat(aim.own, &st);
	report(INSIDE, (st.st_mode & 07777) == 0750, "chmod-own-directory");
	(void)libc_chmod(in_own("."), 0755);
	(void)libc_unlink(path);
}

/* By a path that goes on from its own place, and by whatever else can be named there. */
static void mode_of(enum without without, const char *path, const char *shown)
{
	struct stat before = { .st_ino = 0 }, after = { .st_ino = 0 };
	int err;

	(void)!stat(path, &before);
	(void)libc_chmod(path, ((unsigned)before.st_mode & 01777u) ^ 02u);
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
		"/lib64", LOADER, LIBRARIES, LIBRARIES "/libc.so.6", "/var", "/dev", "/dev/null", "/tmp",
		"/proc/self/exe", "/opt/takeover/program" };
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
