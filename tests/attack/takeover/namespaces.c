/* SPDX-License-Identifier: Apache-2.0 */
/* Namespaces, mounts and new processes. */
#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/wait.h>

#include "attempt.h"

static unsigned long space;

static bool leave(void)
{
	return DENIED(unshare, space) == 0;
}

static void leaving(void)
{
	static const struct {
		unsigned long flag;
		const char *name;
	} spaces[] = {
		{ CLONE_NEWUSER, "user" },
		{ CLONE_NEWNS, "mount" },
		{ CLONE_NEWPID, "pid" },
		{ CLONE_NEWNET, "net" },
		{ CLONE_NEWIPC, "ipc" },
		{ CLONE_NEWUTS, "uts" },
		{ CLONE_NEWCGROUP, "cgroup" },
		{ 0x80, "time" },
		{ CLONE_NEWUSER | CLONE_NEWNS, "user-mount" },
		{ CLONE_FILES, "files" },
		{ CLONE_FS, "fs" },
	};

	for (size_t i = 0; i < sizeof(spaces) / sizeof(spaces[0]); i++) {
		space = spaces[i].flag;
		report(i == 0 || i >= 8 ? ESCAPES : REFUSED, apart(leave), "unshare-%s", spaces[i].name);
	}
}

static bool forks(long (*make)(void))
{
	const long pid = make();

	if (pid == 0)
		_exit(0);
	if (pid > 0 && (is_free() || has_role("RVM")))
		(void)wait4((int)pid, NULL, 0, NULL);
	return pid > 0;
}

static unsigned long clone_flags;

static long make_clone(void)
{
	return DENIED(clone, clone_flags, 0, 0, 0, 0);
}

static long make_clone3(void)
{
	struct clone_args args = { .flags = clone_flags, .exit_signal = SIGCHLD };

	return TRIED(clone3, &args, sizeof(args));
}

static long make_fork(void)
{
	return DENIED(fork);
}

static void cloning(void)
{
	static const struct {
		unsigned long flags;
		enum without without;
		const char *name;
	} kinds[] = {
		{ SIGCHLD, ESCAPES, "plain" },
		{ CLONE_NEWUSER | SIGCHLD, ESCAPES, "user" },
		{ CLONE_NEWUSER | CLONE_NEWPID | SIGCHLD, ESCAPES, "user-pid" },
		{ CLONE_NEWNS | SIGCHLD, REFUSED, "mount" },
		{ CLONE_PARENT | SIGCHLD, ESCAPES, "parent" },
		{ CLONE_VFORK | SIGCHLD, ESCAPES, "vfork" },
		{ CLONE_FILES | SIGCHLD, ESCAPES, "files" },
		{ CLONE_IO | SIGCHLD, ESCAPES, "io" },
		{ CLONE_UNTRACED | SIGCHLD, ESCAPES, "untraced" },
		{ 0x01200011ul | CLONE_NEWUSER, ESCAPES, "fork-user" },
		{ 0x01200011ul | 1ul << 40, ESCAPES, "fork-high-bits" },
	};

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		clone_flags = kinds[i].flags;
		if (is_free() && (clone_flags & CLONE_PARENT) != 0) /* it would be left to whoever started us */
			continue;
		report(kinds[i].without, forks(make_clone), "clone-%s", kinds[i].name);
	}
	clone_flags = CLONE_VM | CLONE_THREAD | CLONE_SIGHAND;
	if (!is_free())
		report(REFUSED, forks(make_clone), "clone-thread");
	clone_flags = 0;
	report(ESCAPES, forks(make_clone3), "clone3");
	clone_flags = CLONE_NEWUSER;
	report(ESCAPES, forks(make_clone3), "clone3-user");
	report(ESCAPES, forks(make_fork), "fork-call");
	if (!is_free())
		report(REFUSED, DENIED(vfork) >= 0, "vfork-call");
}

static void mounting(void)
{
	report(REFUSED, DENIED(mount, "tmpfs", aim.own, "tmpfs", 0, NULL) == 0, "mount-tmpfs");
	report(REFUSED, DENIED(mount, aim.other, aim.own, NULL, MS_BIND, NULL) == 0, "mount-bind");
	report(REFUSED, DENIED(mount, NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0, "mount-private");
	report(REFUSED, DENIED(umount2, "/proc", MNT_DETACH) == 0, "umount2");
	report(REFUSED, DENIED(pivot_root, aim.own, aim.own) == 0, "pivot_root");
	report(REFUSED, DENIED(chroot, aim.home) == 0, "chroot");
	report(REFUSED, DENIED(fsopen, "tmpfs", 0) >= 0, "fsopen");
	report(REFUSED, DENIED(fspick, AT_FDCWD, "/", 0) >= 0, "fspick");
	report(REFUSED, DENIED(fsconfig, 0, 6, NULL, NULL, 0) == 0, "fsconfig");
	report(REFUSED, DENIED(fsmount, 0, 0, 0) >= 0, "fsmount");
	report(REFUSED, DENIED(move_mount, AT_FDCWD, "/", AT_FDCWD, aim.own, 0) == 0, "move_mount");
	report(is_free() ? INSIDE : REFUSED, DENIED(open_tree, AT_FDCWD, aim.other, 0) >= 0, "open_tree");
	report(REFUSED, DENIED(open_tree, AT_FDCWD, aim.other, 1) >= 0, "open_tree-clone");
	report(REFUSED, DENIED(mount_setattr, AT_FDCWD, "/", 0, NULL, 0) == 0, "mount_setattr");
	report(REFUSED, DENIED(setns, 0, CLONE_NEWNS) == 0, "setns");
}

void attempts_namespaces(void)
{
	leaving();
	cloning();
	mounting();
}
