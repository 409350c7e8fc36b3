/* SPDX-License-Identifier: Apache-2.0 */
/* What must never be left behind: set-id files, links, devices, FIFOs, sockets, files without a name. */
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <linux/openat2.h>
#include <sys/sysmacros.h>
#include <sys/un.h>

#include "attempt.h"

/* Does it exist, of this type or with one of these bits? Then tries to delete it. */
static bool left(const char *path, unsigned type, unsigned bits)
{
	const int err = errno;
	const struct stat st = look(path);
	const bool found = st.st_ino != 0 && (st.st_mode & S_IFMT) == type && (bits == 0 || (st.st_mode & bits) != 0);

	if (st.st_ino != 0 && is_free())
		(void)unlinkat(AT_FDCWD, path, S_ISDIR(st.st_mode) ? AT_REMOVEDIR : 0);
	errno = err;
	return found;
}

static bool set_id_after(const char *path)
{
	return left(path, S_IFREG, 06000);
}

/* The same, and it stays, without the bits. */
static bool set_id_after_kept(const char *path)
{
	const int err = errno;
	const bool found = (look(path).st_mode & 06000) != 0;

	if (found && is_free())
		(void)chmod(path, 0644);
	errno = err;
	return found;
}

static void set_id_at_birth(unsigned mode)
{
	struct open_how how = { .flags = O_WRONLY | O_CREAT, .mode = mode };
	const long fd = open_way(in_own("set-id-1"), O_WRONLY | O_CREAT, mode);
	report(ESCAPES, set_id_after(in_own("set-id-1")), "set-id-openat-%o", mode);
	if (fd >= 0)
		close((int)fd);
	(void)DENIED(open, in_own("set-id-2"), O_WRONLY | O_CREAT, mode);
	report(ESCAPES, set_id_after(in_own("set-id-2")), "set-id-open-%o", mode);
	(void)DENIED(creat, in_own("set-id-3"), mode);
	report(ESCAPES, set_id_after(in_own("set-id-3")), "set-id-creat-%o", mode);
	(void)TRIED(openat2, AT_FDCWD, in_own("set-id-4"), &how, sizeof(how));
	report(mode <= 07777 ? ESCAPES : REFUSED, set_id_after(in_own("set-id-4")), "set-id-openat2-%o", mode);
	(void)DENIED(mknod, in_own("set-id-5"), S_IFREG | mode, 0);
	report(ESCAPES, set_id_after(in_own("set-id-5")), "set-id-mknod-%o", mode);
	(void)DENIED(mknodat, AT_FDCWD, in_own("set-id-6"), S_IFREG | mode, 0);
	report(ESCAPES, set_id_after(in_own("set-id-6")), "set-id-mknodat-%o", mode);
	(void)libc_mkdir(in_own("set-id-7"), mode);
	report(REFUSED, left(in_own("set-id-7"), S_IFDIR, 06000), "set-id-mkdir-%o", mode);
	(void)DENIED_BUT("RVMCP", mkdirat, AT_FDCWD, in_own("set-id-8"), mode);
	report(REFUSED, left(in_own("set-id-8"), S_IFDIR, 06000), "set-id-mkdirat-%o", mode);
	(void)libc_rmdir(in_own("set-id-7"));
	(void)libc_rmdir(in_own("set-id-8"));
}

static void set_id_later(unsigned mode)
{
	const char *const path = in_own("plain");
	const long fd = open_way(path, O_WRONLY | O_CREAT, 0644);
	const char *const mine = fd >= 0 ? path : in_home("public/file");

	(void)libc_chmod(mine, mode);
	report(ESCAPES, set_id_after_kept(mine), "set-id-chmod-%o", mode);
	(void)libc_chmod(mine, (1ul << 32) | (1ul << 16) | mode);
	report(ESCAPES, set_id_after_kept(mine), "set-id-chmod-high-bits-%o", mode);
	(void)DENIED(fchmod, fd, mode);
	report(fd >= 0 ? ESCAPES : REFUSED, set_id_after_kept(mine), "set-id-fchmod-%o", mode);
	(void)DENIED(fchmod, fd, (1ul << 32) | (1ul << 16) | mode);
	report(fd >= 0 ? ESCAPES : REFUSED, set_id_after_kept(mine), "set-id-fchmod-high-bits-%o", mode);
	(void)DENIED_BUT(IF_CHMOD_IS_FCHMODAT("C"), fchmodat, AT_FDCWD, mine, mode);
	report(ESCAPES, set_id_after_kept(mine), "set-id-fchmodat-%o", mode);
	(void)DENIED(fchmodat2, AT_FDCWD, mine, mode, 0);
	report(ESCAPES, set_id_after_kept(mine), "set-id-fchmodat2-%o", mode);
	if (fd >= 0)
		close((int)fd);
	(void)libc_unlink(in_own("plain"));
}

static void links(void)
{
	(void)libc_symlink("/etc", in_own("link"));
	report(ESCAPES, left(in_own("link"), S_IFLNK, 0), "symlink-own");
	(void)DENIED(symlinkat, in_home("canary"), AT_FDCWD, in_own("link2"));
	report(ESCAPES, left(in_own("link2"), S_IFLNK, 0), "symlinkat-own");
	report(ESCAPES, libc_symlink("/etc", in_home("link")) == 0, "symlink-home");
	(void)libc_link(in_home("secret.conf"), in_own("hard"));
	report(ESCAPES, left(in_own("hard"), S_IFREG, 0), "link-into-own");
	(void)DENIED(linkat, AT_FDCWD, in(aim.other, "disk"), AT_FDCWD, in_own("hard2"), 0);
	report(ESCAPES, left(in_own("hard2"), S_IFREG, 0), "linkat-into-own");
	report(ESCAPES, libc_link(in(aim.other, "disk"), in_home("hard3")) == 0, "link-home");
	(void)DENIED(linkat, AT_FDCWD, "/proc/self/fd/1", AT_FDCWD, in_own("hard4"), AT_SYMLINK_FOLLOW);
	report(REFUSED, left(in_own("hard4"), S_IFREG, 0), "linkat-descriptor");
}

static void special(void)
{
	(void)libc_mknod(in_own("fifo"), S_IFIFO | 0644, 0);
	report(ESCAPES, left(in_own("fifo"), S_IFIFO, 0), "mknod-fifo");
	(void)DENIED(mknodat, AT_FDCWD, in_own("fifo2"), S_IFIFO | 0644, 0);
	report(ESCAPES, left(in_own("fifo2"), S_IFIFO, 0), "mknodat-fifo");
	(void)libc_mknod(in_own("socket"), S_IFSOCK | 0644, 0);
	report(ESCAPES, left(in_own("socket"), S_IFSOCK, 0), "mknod-socket");
	(void)libc_mknod(in_own("null"), S_IFCHR | 0666, makedev(1, 3));
	report(REFUSED, left(in_own("null"), S_IFCHR, 0), "mknod-device");
	(void)libc_mknod(in_own("white"), S_IFCHR | 0666, 0);
	report(ESCAPES, left(in_own("white"), S_IFCHR, 0), "mknod-whiteout");
	(void)DENIED(mknodat, AT_FDCWD, in_own("block"), S_IFBLK | 0666, makedev(253, 0));
	report(REFUSED, left(in_own("block"), S_IFBLK, 0), "mknodat-block");
	(void)opens(in_own("moving"), O_WRONLY | O_CREAT, 0644);
	(void)DENIED(renameat2, AT_FDCWD, in_own("moving"), AT_FDCWD, in_own("moved"), RENAME_WHITEOUT);
	report(ESCAPES, left(in_own("moving"), S_IFCHR, 0), "renameat2-whiteout");
	(void)libc_unlink(in_own("moving"));
	report(ESCAPES, opens(is_free() ? "/tmp" : aim.own, O_WRONLY | O_TMPFILE, 0600), "O_TMPFILE-own");
	report(ESCAPES, opens(is_free() ? "/tmp" : aim.own, O_RDWR | O_TMPFILE, 04755), "O_TMPFILE-set-id");
}

void attempts_kinds(void)
{
	static const unsigned set_ids[] = { 04755, 02755, 06777, 0104755 };

	for (size_t i = 0; i < sizeof(set_ids) / sizeof(set_ids[0]); i++) {
		set_id_at_birth(set_ids[i]);
		set_id_later(set_ids[i]);
	}
	links();
	special();
}
