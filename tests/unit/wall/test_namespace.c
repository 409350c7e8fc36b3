/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "policy/right.h"
#include "wall/namespace.h"
#include "tests/unit/skip.h"

enum {
	NOBODY = 65534,
	RIGHTS_READ = RIGHT_READ_FILE | RIGHT_READ_DIR,
	RIGHTS_WRITE = RIGHTS_READ | RIGHT_WRITE_FILE | RIGHT_MAKE_REG,
};

/* Absolute paths in a throw-away directory: one to write, one to read, one that nobody is given. */
static char base[64], own[96], readable[96], outside[96];
static struct view view;
static struct namespace_set namespace;
static uid_t user; /* ourselves, outside */
static gid_t group;

static void directory_make(char path[96], const char *name)
{
	snprintf(path, 96, "%s/%s", base, name);
	cr_assert_eq(mkdir(path, 0755), 0);
}

static void file_make(const char *directory, const char *name)
{
	char path[128];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", directory, name);
	fd = open(path, O_WRONLY | O_CREAT, 0644);
	cr_assert(fd >= 0);
	close(fd);
}

static void set_up(void)
{
	if (geteuid() == 0)
		cr_assert(setresgid(NOBODY, NOBODY, NOBODY) == 0 && setresuid(NOBODY, NOBODY, NOBODY) == 0);
	(void)prctl(PR_SET_DUMPABLE, 1, 0, 0, 0); /* as a program that was started as that user */
	user = getuid();
	group = getgid();
	strcpy(base, "/tmp/namespace.XXXXXX");
	cr_assert_not_null(mkdtemp(base));
	directory_make(own, "own");
	directory_make(readable, "readable");
	directory_make(outside, "outside");
	file_make(own, "file");
	file_make(readable, "file");
}

static void clear(void)
{
	char line[128];

	snprintf(line, sizeof(line), "rm -rf %s", base);
	cr_assert_eq(system(line), 0);
}

static void show(const char *path, unsigned rights)
{
	const int fd = open(path, O_PATH | O_CLOEXEC);

	cr_assert_eq(view_show(&view, fd, rights), 0);
	close(fd);
}

static void show_named(const char *path, bool code)
{
	const int fd = open(path, O_PATH | O_CLOEXEC);

	cr_assert_eq(view_show_named(&view, path, fd, code), 0);
	close(fd);
}

static bool is_refused_here(void)
{
	struct fault fault;
	const int made = namespace_make(&namespace, &fault);

	cr_assert(made >= 0, "%s: %s", fault.what, strerror(fault.err));
	return made == 0;
}

/* What a child that entered says: 0, or the line of what is not as it should be. */
static int enter_and(int (*look)(void))
{
	const pid_t child = fork();
	struct fault fault;
	int status;

	cr_assert_not(view.entered);
	if (child == 0)
		_exit(namespace_enter(&namespace, &view, &fault) != 0 ? 255 : view.entered ? look() : 254);
	namespace_drop(&namespace);
	cr_assert_eq(waitpid(child, &status, 0), child);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

#define MUST(condition) \
	do { \
		if (!(condition)) \
			return __LINE__ % 250 + 1; \
	} while (0)

static bool is_absent(const char *path)
{
	struct stat st;

	return stat(path, &st) != 0 && errno == ENOENT;
}

static unsigned long flags_of(const char *path)
{
	struct statvfs fs;

	return statvfs(path, &fs) == 0 ? fs.f_flag & (ST_NOSUID | ST_NODEV | ST_NOEXEC | ST_RDONLY) : ~0ul;
}

static int opens(const char *directory, const char *name, int flags)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/%s", directory, name);
	errno = 0;
	return open(path, flags, 0644);
}

static bool maps_as_code(int fd)
{
	return mmap(NULL, 1, PROT_READ | PROT_EXEC, MAP_PRIVATE, fd, 0) != MAP_FAILED;
}

static int look_at_places(void)
{
	MUST(is_absent(outside) && is_absent("/etc/hostname") && is_absent("/proc") && is_absent("/usr/bin"));
	MUST(is_absent("/../etc/hostname") && is_absent("/../proc")); /* mounted on the root, and stepped over by "/" */
	MUST(flags_of(own) == (ST_NOSUID | ST_NODEV | ST_NOEXEC));
	MUST(flags_of(readable) == (ST_NOSUID | ST_NODEV | ST_NOEXEC | ST_RDONLY));
	MUST(flags_of("/usr") == (ST_NOSUID | ST_NODEV | ST_NOEXEC | ST_RDONLY)); /* of the root itself */
	MUST(flags_of("/usr/" LIBRARIES) == (ST_NOSUID | ST_NODEV | ST_RDONLY));
	MUST(flags_of("/etc/passwd") == (ST_NOSUID | ST_NODEV | ST_NOEXEC | ST_RDONLY));
	MUST(opens(own, "new", O_WRONLY | O_CREAT | O_EXCL) >= 0);
	MUST(opens(readable, "file", O_RDONLY) >= 0);
	MUST(opens(readable, "file", O_WRONLY) < 0 && errno == EROFS);
	MUST(opens(readable, "new", O_WRONLY | O_CREAT) < 0 && errno == EROFS);
	MUST(mkdir("/new", 0755) != 0 && errno == EROFS);
	MUST(open("/dev/null", O_RDWR) >= 0);
	return 0;
}

static int look_at_code(void)
{
	const int uploaded = opens(own, "file", O_RDWR);
	const int library = open("/" LIBRARIES "/libc.so.6", O_RDONLY);

	MUST(uploaded >= 0 && write(uploaded, "x", 1) == 1);
	MUST(!maps_as_code(uploaded) && errno == EPERM);
	MUST(library >= 0 && maps_as_code(library));
	return 0;
}

/* The root and the directories in it are the user's own; the libraries are, when root runs this. */
static int look_at_modes(void)
{
	static const char *const there[] = { "/", "/..", "/usr", "/usr/lib", "/usr/" LIBRARIES,
		"/usr/" LIBRARIES "/libc.so.6", "/etc", "/etc/passwd", "/dev", "/dev/null" };
	char path[128];

	for (size_t i = 0; i < N_ELEMENTS(there); i++)
		MUST(chmod(there[i], 0755) != 0 && errno == EROFS);
	snprintf(path, sizeof(path), "%s/..", own);
	MUST(chmod(path, 0777) != 0 && errno == EROFS);
	snprintf(path, sizeof(path), "%s/file", readable);
	MUST(chmod(path, 0600) != 0 && errno == EROFS);
	MUST(chmod(readable, 0700) != 0 && errno == EROFS);
	MUST(chmod(outside, 0700) != 0 && errno == ENOENT);
	snprintf(path, sizeof(path), "%s/file", own);
	MUST(chmod(path, 0640) == 0);
	return 0;
}

static int look_at_power(void)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct have[2];

	MUST(syscall(SYS_capget, &head, have) == 0);
	for (unsigned i = 0; i < 2; i++)
		MUST(have[i].effective == 0 && have[i].permitted == 0 && have[i].inheritable == 0);
	for (int capability = 0; capability <= CAP_LAST_CAP; capability++)
		MUST(prctl(PR_CAPBSET_READ, capability, 0, 0, 0) == 0);
	MUST(umount2("/", MNT_DETACH) != 0 && errno == EPERM);
	MUST(mount("x", own, "tmpfs", 0, NULL) != 0 && errno == EPERM);
	MUST(unshare(CLONE_NEWNS) != 0 && errno == EPERM);
	MUST(chroot(own) != 0 && errno == EPERM);
	MUST(setns(namespace.mount, CLONE_NEWNS) != 0 && errno == EPERM);
	return 0;
}

static int look_at_user(void)
{
	struct stat st;

	MUST(getuid() == user && geteuid() == user && getgid() == group && getegid() == group);
	MUST(opens(own, "mine", O_WRONLY | O_CREAT) >= 0);
	MUST(stat(own, &st) == 0 && st.st_uid == user && st.st_gid == group);
	return 0;
}

static int look_at_swapped(void)
{
	MUST(is_absent(own));
	MUST(!is_absent(readable));
	return 0;
}

static bool everything_is_shown(void)
{
	if (is_refused_here())
		return false;
	show(own, RIGHTS_WRITE);
	show(readable, RIGHTS_READ);
	show_named("/usr/" LIBRARIES, true);
	show_named("/" LIBRARIES, true);
	show_named("/etc/passwd", false);
	show_named("/dev/null", false);
	return true;
}

static void enter_and_expect(int (*look)(void))
{
	int line;

	if (!everything_is_shown()) {
		clear();
		SKIP_HERE("this node gives no user namespaces");
	}
	line = enter_and(look);
	clear();
	cr_assert_eq(line, 0, "line %d", line - 1);
}

Test(namespace, holds_what_is_shown_and_nothing_else, .init = set_up)
{
	enter_and_expect(look_at_places);
}

Test(namespace, lets_modes_be_set_by_path_of_what_may_be_written_alone, .init = set_up)
{
	enter_and_expect(look_at_modes);
}

Test(namespace, maps_no_data_as_code, .init = set_up)
{
	enter_and_expect(look_at_code);
}

Test(namespace, leaves_no_capability, .init = set_up)
{
	enter_and_expect(look_at_power);
}

Test(namespace, leaves_everybody_who_he_is, .init = set_up)
{
	char path[128];
	struct stat st;
	int line;

	if (!everything_is_shown()) {
		clear();
		SKIP_HERE("this node gives no user namespaces");
	}
	line = enter_and(look_at_user);
	snprintf(path, sizeof(path), "%s/mine", own);
	cr_assert_eq(stat(path, &st), 0);
	clear();
	cr_assert_eq(line, 0, "line %d", line - 1);
	cr_assert_eq(st.st_uid, user);
}

Test(namespace, does_not_show_what_was_put_in_a_place, .init = set_up)
{
	char moved[128];
	int line;

	if (!everything_is_shown()) {
		clear();
		SKIP_HERE("this node gives no user namespaces");
	}
	snprintf(moved, sizeof(moved), "%s.moved", own);
	cr_assert_eq(rename(own, moved), 0);
	cr_assert_eq(symlink(outside, own), 0);
	line = enter_and(look_at_swapped);
	clear();
	cr_assert_eq(line, 0, "line %d", line - 1);
}

/* In a namespace that may have none of its own; the limit is that namespace's. */
static int meet_a_refusal(void)
{
	struct fault fault = { .what = NULL };
	int fd;

	if (unshare(CLONE_NEWUSER) != 0)
		return 255;
	fd = open("/proc/sys/user/max_user_namespaces", O_WRONLY);
	MUST(fd >= 0 && write(fd, "0", 1) == 1);
	MUST(namespace_make(&namespace, &fault) == 0);
	MUST(fault.err == ENOSPC && fault.reason == REASON_NOT_CONFINED);
	MUST(namespace.user <= 0 && namespace.mount <= 0 && namespace.root <= 0);
	return 0;
}

Test(namespace, says_that_a_node_refuses_it, .init = set_up)
{
	pid_t child;
	int status;

	clear();
	child = fork(); /* a process of one thread */
	if (child == 0)
		_exit(meet_a_refusal());
	cr_assert_eq(waitpid(child, &status, 0), child);
	if (WEXITSTATUS(status) == 255)
		SKIP_HERE("this node gives no user namespaces");
	cr_assert_eq(status, 0, "line %d", WEXITSTATUS(status) - 1);
}

/* No descriptor to be had is trouble, which may be over for the next one: no reason to go on without the wall. */
Test(namespace, in_trouble_is_not_refused, .init = set_up)
{
	const struct rlimit none = { 0, 0 };
	struct fault fault;
	pid_t child;
	int status;

	if (is_refused_here()) {
		clear();
		SKIP_HERE("this node gives no user namespaces");
	}
	namespace_drop(&namespace);
	clear();
	child = fork();
	if (child == 0)
		_exit(setrlimit(RLIMIT_NOFILE, &none) != 0 ? 2 : namespace_make(&namespace, &fault) >= 0);
	cr_assert_eq(waitpid(child, &status, 0), child);
	cr_expect_eq(status, 0);
}

static int scratch_dir; /* of the parent, before the child is made */

static int look_at_scratch(void)
{
	MUST(flags_of(NAMESPACE_SCRATCH) == (ST_NOSUID | ST_NODEV | ST_NOEXEC));
	MUST(opens(NAMESPACE_SCRATCH "/here", "child", O_WRONLY | O_CREAT | O_EXCL) >= 0);
	MUST(mkdir(NAMESPACE_SCRATCH "-2", 0700) != 0 && errno == EROFS);
	return 0;
}

/* Files in dir until there is no more room: how many. */
static unsigned fill(int dir)
{
	char name[16];
	unsigned count = 0;

	for (int fd; count < 2 * NAMESPACE_SCRATCH_INODES; close(fd), count++) {
		snprintf(name, sizeof(name), "f%u", count);
		fd = openat(dir, name, O_WRONLY | O_CREAT | O_EXCL, 0600);
		if (fd < 0)
			break;
	}
	return count;
}

Test(namespace, has_a_scratch_file_system_that_is_bounded, .init = set_up)
{
	static char byte[4096];
	struct fault fault;
	struct stat st;
	unsigned blocks = 0;
	int line, fd;

	if (is_refused_here()) {
		clear();
		SKIP_HERE("this node gives no user namespaces");
	}
	cr_assert_eq(namespace_scratch(&namespace, &fault), 0, "%s: %s", fault.what, strerror(fault.err));
	scratch_dir = openat(namespace.scratch, ".", O_PATH | O_DIRECTORY);
	cr_assert_eq(mkdirat(scratch_dir, "here", 0700), 0);
	line = enter_and(look_at_scratch);
	clear();
	cr_assert_eq(line, 0, "line %d", line - 1);
	/* The child and its namespaces are gone. */
	cr_expect_eq(fstatat(scratch_dir, "here/child", &st, 0), 0);
	cr_expect_eq(st.st_uid, user);
	fd = openat(scratch_dir, "here/child", O_WRONLY);
	while (write(fd, byte, sizeof(byte)) == (ssize_t)sizeof(byte) && blocks < 10000)
		blocks++;
	cr_expect_eq(errno, ENOSPC);
	cr_expect_leq(blocks, NAMESPACE_SCRATCH_MIB << 8);
	cr_expect_eq(fill(scratch_dir), NAMESPACE_SCRATCH_INODES - 3); /* its root, "here" and "child" */
	cr_expect_eq(errno, ENOSPC);
	close(fd);
	close(scratch_dir);
}

Test(view, shows_what_is_below_with_what_is_above, .init = set_up)
{
	show(readable, RIGHTS_READ);
	show(own, RIGHTS_READ);
	strcat(own, "/file");
	show(own, RIGHTS_READ);
	cr_expect_eq(view.count, 2);
	cr_expect(!view.at[1].writable);
	show(own, RIGHTS_WRITE);
	cr_expect_eq(view.count, 2);
	cr_expect(view.at[1].writable);
	cr_expect(!view.at[0].writable);
	clear();
}

Test(view, takes_no_name_for_another_s_beginning, .init = set_up)
{
	char longer[96];

	directory_make(longer, "own2");
	show(own, RIGHTS_READ);
	show(longer, RIGHTS_READ);
	cr_expect_eq(view.count, 2);
	clear();
}

Test(view, shows_a_whole_root_when_it_is_full, .init = set_up)
{
	char path[96], name[16];
	int fd;

	show(outside, RIGHTS_READ);
	for (unsigned i = 1; i < VIEW_GRANTED_MAX; i++) {
		snprintf(name, sizeof(name), "own/%u", i);
		directory_make(path, name);
		show(path, i == 7 ? RIGHTS_WRITE : RIGHTS_READ);
	}
	fd = open(readable, O_PATH | O_CLOEXEC);
	cr_assert(view_show(&view, fd, RIGHTS_READ) != 0 && errno == ENOSPC);
	cr_assert_eq(view_show_named(&view, readable, fd, true), 0, "what a program is made of has its own room");
	close(fd);
	fd = open(own, O_PATH | O_CLOEXEC);
	cr_assert_eq(view_show_whole(&view, fd, RIGHTS_READ), 0);
	close(fd);
	cr_expect(view.whole_roots);
	cr_expect_eq(view.count, 3);
	cr_expect_str_eq(view.at[0].path, outside);
	cr_expect(!view.at[0].writable);
	cr_expect_str_eq(view.at[2].path, own);
	cr_expect(view.at[2].writable);
	clear();
}
