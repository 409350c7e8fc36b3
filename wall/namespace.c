/* SPDX-License-Identifier: Apache-2.0 */
#include "wall/namespace.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/mount.h>
#include <sched.h>
#include <signal.h>
#include <stdalign.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/own.h"

enum {
	DETACH = 2,	   /* MNT_DETACH: sys/mount.h and linux/mount.h cannot both be included */
	PRIVATE = 1 << 18, /* MS_PRIVATE */
	HELPER_STACK = 16 * 1024,
	PATH_TEXT_MAX = 4096,
};

/* What the helper gets and returns. */
struct making {
	uid_t uid;
	gid_t gid;
	struct namespace_set made;
	const char *what; /* the step; NULL before the first */
	int err;
	bool done;
};

static int file_write(const char *path, const char *text)
{
	OWN_FD int fd = open(path, O_WRONLY | O_CLOEXEC);

	return fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text) ? 0 : -1;
}

/* The group cannot be mapped unless setgroups(2) is denied first: user_namespaces(7). */
static int user_map(const struct making *making)
{
	char uids[32], gids[32];

	snprintf(uids, sizeof(uids), "%u %u 1", making->uid, making->uid);
	snprintf(gids, sizeof(gids), "%u %u 1", making->gid, making->gid);
	if (file_write("/proc/self/setgroups", "deny") != 0 || file_write("/proc/self/uid_map", uids) != 0)
		return -1;
	return file_write("/proc/self/gid_map", gids);
}

struct setting {
	const char *key, *value; /* NULL after the last */
};

/* Makes an empty file system, mounted nowhere yet. */
static int tmpfs_make(const struct setting *settings)
{
	OWN_FD int context = (int)syscall(SYS_fsopen, "tmpfs", FSOPEN_CLOEXEC);

	if (context < 0)
		return -1;
	for (; settings->key != NULL; settings++)
		if (syscall(SYS_fsconfig, context, FSCONFIG_SET_STRING, settings->key, settings->value, 0) != 0)
			return -1;
	if (syscall(SYS_fsconfig, context, FSCONFIG_CMD_CREATE, NULL, NULL, 0) != 0)
		return -1;
	return (int)syscall(
		SYS_fsmount, context, FSMOUNT_CLOEXEC, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC);
}

static int root_make(void)
{
	static const struct setting settings[] = { { "mode", "0755" }, { NULL, NULL } };

	return tmpfs_make(settings);
}

/* Becomes "/", with the old root still on top. */
static int root_take(int root)
{
	if (syscall(SYS_move_mount, root, "", AT_FDCWD, "/", MOVE_MOUNT_F_EMPTY_PATH) != 0 || fchdir(root) != 0)
		return -1;
	return (int)syscall(SYS_pivot_root, ".", ".");
}

static int namespaces_keep(struct namespace_set *out)
{
	out->user = open("/proc/self/ns/user", O_RDONLY | O_CLOEXEC);
	out->mount = open("/proc/self/ns/mnt", O_RDONLY | O_CLOEXEC);
	return out->user < 0 || out->mount < 0 ? -1 : 0;
}

/* Runs in the helper, in its own namespaces; it shares memory and descriptors with the caller. */
static int helper_main(void *data)
{
	struct making *const making = data;

	making->what = "the user of the user namespace";
	if (user_map(making) != 0)
		goto failed;
	making->what = "the attributes of mounts, known since Linux 5.12";
	if (syscall(SYS_mount_setattr, -1, "", 0, NULL, 0) != 0 && errno == ENOSYS)
		goto failed;
	making->what = "the namespaces' descriptors";
	if (namespaces_keep(&making->made) != 0)
		goto failed;
	making->what = "the root of the mount namespace";
	making->made.root = root_make();
	if (making->made.root < 0 || root_take(making->made.root) != 0)
		goto failed;
	making->done = true;
	return 0;
failed:
	making->err = errno;
	return 1;
}

/* These errors say that the node has no such namespaces, or not for us. All others are failures. */
static bool is_refusal(int err)
{
	return err == EPERM || err == EACCES || err == ENOSPC || err == EUSERS || err == EINVAL || err == ENOSYS ||
		err == ENOENT || err == ENODEV || err == EROFS;
}

int namespace_make(struct namespace_set *out, struct fault *fault)
{
	alignas(16) char stack[HELPER_STACK];
	struct making making = { .uid = geteuid(), .gid = getegid(), .made = NAMESPACE_NONE };
	const pid_t helper = clone(helper_main, stack + sizeof(stack),
		CLONE_VM | CLONE_VFORK | CLONE_FILES | CLONE_NEWUSER | CLONE_NEWNS | SIGCHLD, &making);

	if (helper < 0) {
		making.what = "the user and mount namespaces";
		making.err = errno;
	}
	while (helper > 0 && waitpid(helper, NULL, 0) < 0 && errno == EINTR)
		;
	if (making.done) {
		*out = making.made;
		return 1;
	}
	namespace_drop(&making.made);
	(void)fault_set(
		fault, REASON_NOT_CONFINED, making.what != NULL ? making.what : "a helper was ended", making.err, NULL);
	return is_refusal(making.err) ? 0 : -1;
}

/* Runs in a helper that enters the namespaces, the only place where we may make a file system. */
static int scratch_main(void *data)
{
	static const struct setting settings[] = {
		{ "mode", "0700" },
		{ "nr_inodes", "4352" },
		{ "size", "1m" },
		{ NULL, NULL },
	};
	struct making *const making = data;

	_Static_assert(NAMESPACE_SCRATCH_INODES == 4352 && NAMESPACE_SCRATCH_MIB == 1, "as the settings say");
	making->what = "the namespaces of the scratch file system";
	if (setns(making->made.user, CLONE_NEWUSER) != 0 || setns(making->made.mount, CLONE_NEWNS) != 0)
		goto failed;
	making->what = "the scratch file system";
	making->made.scratch = tmpfs_make(settings);
	if (making->made.scratch < 0)
		goto failed;
	making->done = true;
	return 0;
failed:
	making->err = errno;
	return 1;
}

int namespace_scratch(struct namespace_set *namespace, struct fault *fault)
{
	alignas(16) char stack[HELPER_STACK];
	struct making making = { .made = *namespace };
	const pid_t helper =
		clone(scratch_main, stack + sizeof(stack), CLONE_VM | CLONE_VFORK | CLONE_FILES | SIGCHLD, &making);

	if (helper < 0) {
		making.what = "a helper for the scratch file system";
		making.err = errno;
	}
	while (helper > 0 && waitpid(helper, NULL, 0) < 0 && errno == EINTR)
		;
	namespace->scratch = making.made.scratch;
	if (making.done)
		return 0;
	return fault_set(
		fault, REASON_NOT_CONFINED, making.what != NULL ? making.what : "a helper was ended", making.err, NULL);
}

/* Makes the directories above path, below root. path is absolute. */
static int parents_make(int root, const char *path)
{
	char above[PATH_TEXT_MAX];
	const size_t len = strlen(path);

	if (len >= sizeof(above)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	for (size_t i = 1; i < len; i++) {
		if (path[i] != '/')
			continue;
		memcpy(above, path + 1, i - 1);
		above[i - 1] = '\0';
		if (mkdirat(root, above, 0755) != 0 && errno != EEXIST)
			return -1;
	}
	return 0;
}

/* Makes a file or directory to mount on. */
static int stand_in_make(int root, const struct view_entry *entry)
{
	OWN_FD int fd = -1;

	if (entry->type == S_IFDIR)
		return mkdirat(root, entry->path + 1, 0755);
	fd = openat(root, entry->path + 1, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	return fd < 0 ? -1 : 0;
}

/* Opens what was granted, as this namespace has it. */
static int entry_open(const struct view_entry *entry)
{
	OWN_FD int fd = open(entry->path, O_PATH | O_CLOEXEC);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) != 0)
		return -1;
	if (st.st_dev != entry->dev || st.st_ino != entry->ino) {
		errno = ESTALE;
		return -1;
	}
	return fd_take(&fd);
}

static uint64_t attributes_of(const struct view_entry *entry)
{
	return (uint64_t)MOUNT_ATTR_NOSUID | (entry->type == S_IFCHR ? 0 : (uint64_t)MOUNT_ATTR_NODEV) |
		(entry->code ? 0 : (uint64_t)MOUNT_ATTR_NOEXEC) | (entry->writable ? 0 : (uint64_t)MOUNT_ATTR_RDONLY);
}

/* Works on descriptors throughout. Clones submounts too: the kernel refuses to split such a tree here. */
static int entry_mount(int root, const struct view_entry *entry, int fd)
{
	OWN_FD int tree = -1;
	struct mount_attr attributes = { .attr_set = attributes_of(entry), .propagation = PRIVATE };

	tree = (int)syscall(SYS_open_tree, fd, "",
		(unsigned)AT_EMPTY_PATH | (unsigned)AT_RECURSIVE | OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
	if (tree < 0 ||
		syscall(SYS_mount_setattr, tree, "", AT_EMPTY_PATH | AT_RECURSIVE, &attributes, sizeof(attributes)) !=
			0)
		return -1;
	return (int)syscall(SYS_move_mount, tree, "", root, entry->path + 1, MOVE_MOUNT_F_EMPTY_PATH);
}

/* Another file is there by now, or none. It is not shown: a child that needs it then fails. */
static bool is_gone(int err)
{
	return err == ENOENT || err == ENOTDIR || err == ELOOP || err == EACCES || err == ESTALE;
}

static int entry_show(int root, const struct view_entry *entry)
{
	OWN_FD int fd = entry_open(entry);

	if (fd < 0)
		return is_gone(errno) ? 0 : -1;
	if (parents_make(root, entry->path) != 0)
		return -1;
	if (entry->same != NULL)
		return symlinkat(entry->same, root, entry->path + 1);
	return stand_in_make(root, entry) == 0 ? entry_mount(root, entry, fd) : -1;
}

static int scratch_show(const struct namespace_set *namespace)
{
	if (namespace->scratch < 0)
		return 0;
	if (mkdirat(namespace->root, &NAMESPACE_SCRATCH[1], 0755) != 0)
		return -1;
	return (int)syscall(SYS_move_mount, namespace->scratch, "", namespace->root, &NAMESPACE_SCRATCH[1],
		MOVE_MOUNT_F_EMPTY_PATH);
}

/* Removes the old root, with everything that is not shown, and makes the new one read-only. */
static int root_close(int root)
{
	struct mount_attr attributes = { .attr_set = MOUNT_ATTR_RDONLY };

	if (fchdir(root) != 0 || syscall(SYS_umount2, ".", DETACH) != 0 || chroot(".") != 0)
		return -1;
	return (int)syscall(SYS_mount_setattr, root, "", AT_EMPTY_PATH, &attributes, sizeof(attributes));
}

static int capabilities_drop(void)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = { { 0, 0, 0 } };

	int last = 0;

	while (prctl(PR_CAPBSET_DROP, last, 0, 0, 0) == 0)
		last++;
	if (errno != EINVAL || last == 0) /* otherwise beyond the last that this kernel has */
		return -1;
	if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) != 0)
		return -1;
	return (int)syscall(SYS_capset, &head, none);
}

int namespace_enter(const struct namespace_set *namespace, struct view *view, struct fault *fault)
{
	char here[PATH_TEXT_MAX];
	const bool known = getcwd(here, sizeof(here)) != NULL;

	if (setns(namespace->user, CLONE_NEWUSER) != 0 || setns(namespace->mount, CLONE_NEWNS) != 0)
		return fault_set(fault, REASON_NOT_CONFINED, "the namespaces", errno, NULL);
	for (unsigned i = 0; i < view->count; i++)
		if (entry_show(namespace->root, &view->at[i]) != 0)
			return fault_set(fault, REASON_NOT_CONFINED, "the second wall", errno, view->at[i].path);
	if (scratch_show(namespace) != 0)
		return fault_set(fault, REASON_NOT_CONFINED, "the scratch file system in the second wall", errno, NULL);
	if (root_close(namespace->root) != 0)
		return fault_set(fault, REASON_NOT_CONFINED, "the root of the second wall", errno, NULL);
	if (known)
		(void)!chdir(here); /* the directory stays "/" if it is not shown */
	if (capabilities_drop() != 0)
		return fault_set(fault, REASON_NOT_CONFINED, "capabilities", errno, NULL);
	view->entered = true;
	return 0;
}

void namespace_drop(struct namespace_set *namespace)
{
	fd_drop(&namespace->user);
	fd_drop(&namespace->mount);
	fd_drop(&namespace->root);
	fd_drop(&namespace->scratch);
}
