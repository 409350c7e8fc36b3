/* SPDX-License-Identifier: Apache-2.0 */
/* Reading, writing, making and taking away by path. */
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>

#include "attempt.h"

static void reading(void)
{
	static const char *const home[] = {
		"secret.conf",
		"canary",
		"public/file",
		"instances2/11111111-1111-4111-8111-111111111111/disk",
		".",
		"instances",
		"public",
		"instances/locks/nova-storage-registry-lock",
		"instances/snapshots/note",
		"instances/compute_nodes",
		"instances/11111111-1111-4111-8111-111111111111_resize/disk",
		"instances/../canary",
	};
	static const char *const other[] = { "disk", "disk.info", "console.log", "vtpm/tpm2-00.permall", ".", "vtpm" };
	static const char *const system[] = {
		"/etc/hostname",
		"/etc",
		"/etc/rssh-nova.conf",
		"/",
		"/proc/self/mem",
		"/proc/self/maps",
		"/proc/self/status",
		"/proc/self/environ",
		"/proc",
		"/dev/zero",
		"/dev",
		"/tmp",
		"/var/tmp",
		"/run",
		"/bin/true",
		"/sys/kernel",
	};

	for (size_t i = 0; i < sizeof(home) / sizeof(home[0]); i++)
		report(ESCAPES, opens(in_home(home[i]), O_RDONLY, 0), "read-home-%s", home[i]);
	for (size_t i = 0; i < sizeof(other) / sizeof(other[0]); i++)
		report(ESCAPES, opens(in(aim.other, other[i]), O_RDONLY, 0), "read-instance-%s", other[i]);
	for (size_t i = 0; i < sizeof(system) / sizeof(system[0]); i++)
		report(ESCAPES, opens(system[i], O_RDONLY, 0), "read-%s", system[i]);
	report(REFUSED, opens("/etc/shadow", O_RDONLY, 0), "read-/etc/shadow");
	report(REFUSED, opens("/dev/tty", O_RDWR, 0), "read-/dev/tty");
	report(REFUSED, opens("/dev/kmsg", O_RDONLY, 0), "read-/dev/kmsg");
	report(REFUSED, opens("/dev/mem", O_RDONLY, 0), "read-/dev/mem");
}

static void reading_processes(void)
{
	static const char *const names[] = { "mem", "environ", "maps", "cwd", "root", "fd", "status", "cmdline" };
	const int pids[] = { aim.victim, getppid(), 1 };
	char path[400];

	for (size_t p = 0; p < 3; p++)
		for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
			snprintf(path, sizeof(path), "/proc/%d/%s", pids[p], names[i]);
			report(p == 0 ? ESCAPES : REFUSED, opens(path, O_RDONLY, 0), "read-/proc/%s/%s",
				p == 0		 ? "victim"
					: p == 1 ? "parent"
						 : "1",
				names[i]);
		}
	snprintf(path, sizeof(path), "/proc/%d/fd/%d", aim.victim, aim.victim_fd);
	report(ESCAPES, opens(path, O_RDONLY | O_NONBLOCK, 0), "read-pipe-of-victim");
	snprintf(path, sizeof(path), "/proc/%d/root%s/secret.conf", aim.victim, aim.home);
	report(ESCAPES, opens(path, O_RDONLY, 0), "read-through-root-of-victim");
	snprintf(path, sizeof(path), "/proc/%d/cwd/../canary", aim.victim);
	report(ESCAPES, opens(path, O_RDONLY, 0), "read-through-cwd-of-victim");
	report(ESCAPES, opens("/proc/self/root/etc/hostname", O_RDONLY, 0), "read-through-own-root");
	report(ESCAPES, opens("/proc/thread-self/fd", O_RDONLY, 0), "list-own-descriptors");
}

/* Other ways to open than openat. */
static void opening_otherwise(void)
{
	const char *const secret = in_home("secret.conf");
	struct open_how how = { .flags = O_RDONLY };
	union {
		struct file_handle head;
		char room[sizeof(struct file_handle) + MAX_HANDLE_SZ];
	} handle = { .head = { .handle_bytes = MAX_HANDLE_SZ } };
	int mount, flags = O_RDWR;

	report(ESCAPES, DENIED_BUT("RVMCFP", open, secret, flags, 0) >= 0, "open-2");
	report(ESCAPES, TRIED(openat2, AT_FDCWD, secret, &how, sizeof(how)) >= 0, "openat2");
	how.flags = O_PATH; /* for which Landlock asks no right */
	report(ESCAPES, TRIED(openat2, AT_FDCWD, aim.own, &how, sizeof(how)) >= 0, "openat2-own");
	how.flags = O_RDWR | O_CREAT;
	how.mode = 04755;
	report(ESCAPES, TRIED(openat2, AT_FDCWD, in_home("made-by-openat2"), &how, sizeof(how)) >= 0, "openat2-set-id");
	report(ESCAPES, DENIED(name_to_handle_at, AT_FDCWD, secret, &handle, &mount, 0) == 0, "name_to_handle_at");
	report(REFUSED, DENIED(open_by_handle_at, 0, &handle, O_RDONLY) >= 0, "open_by_handle_at");
	report(ESCAPES, DENIED_BUT("RVMCP", creat, in_home("made-by-creat"), 0644) >= 0, "creat-home");
	if (chdir(aim.home) == 0) {
		report(ESCAPES, opens("secret.conf", O_RDONLY, 0), "read-below-chdir");
		report(ESCAPES, opens("made-below-chdir", O_CREAT | O_WRONLY, 0644), "create-below-chdir");
	}
	const int path_fd = (int)TRIED(openat, AT_FDCWD, aim.home, O_PATH | O_DIRECTORY, 0);

	if (path_fd >= 0) {
		report(ESCAPES, TRIED(openat, path_fd, "secret.conf", O_RDONLY, 0) >= 0, "read-below-O_PATH");
		report(ESCAPES, fchdir(path_fd) == 0 && opens("secret.conf", O_RDONLY, 0), "read-below-fchdir");
		close(path_fd);
	}
}

static void writing(void)
{
	static const char *const files[] = { "canary", "secret.conf", "public/file",
		"instances/22222222-2222-4222-8222-222222222222/disk",
		"instances/88888888-8888-4888-8888-888888888888/disk",
		"instances/_base/da39a3ee5e6b4b0d3255bfef95601890afd80709" };
	static const char *const open_to_all[] = { "/tmp", "/var/tmp", "/dev/shm" };
	static const char *const fresh[] = { "new", ".ssh/authorized_keys2", "public/new", "instances/new",
		"instances/locks/new", "instances/_base/new", "instances/22222222-2222-4222-8222-222222222222/new",
		"instances/88888888-8888-4888-8888-888888888888/new",
		"instances/66666666-6666-4666-8666-666666666666" };

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		report(ESCAPES, opens(in_home(files[i]), O_WRONLY, 0), "write-%s", files[i]);
		report(ESCAPES, opens(in_home(files[i]), O_RDWR | O_APPEND, 0), "append-%s", files[i]);
		report(ESCAPES, opens(in_home(files[i]), O_RDONLY | O_TRUNC, 0), "truncate-open-%s", files[i]);
		report(ESCAPES, opens(in_home(files[i]), O_ACCMODE | O_TRUNC, 0), "truncate-open-neither-%s", files[i]);
		report(ESCAPES, DENIED(truncate, in_home(files[i]), 1) == 0, "truncate-%s", files[i]);
	}
	for (size_t i = 0; i < sizeof(fresh) / sizeof(fresh[0]); i++)
		report(i == 1 ? REFUSED : ESCAPES, opens(in_home(fresh[i]), O_WRONLY | O_CREAT | O_EXCL, 0644),
			"create-%s", fresh[i]);
	for (size_t i = 0; i < sizeof(open_to_all) / sizeof(open_to_all[0]); i++) {
		char name[64];

		snprintf(name, sizeof(name), "%s/rssh-nova-takeover.%d", open_to_all[i], aim.victim);
		report(ESCAPES, opens(name, O_WRONLY | O_CREAT, 0644), "create-%s", open_to_all[i]);
	}
	report(ESCAPES, opens("/tmp", O_WRONLY | O_TMPFILE, 0600), "O_TMPFILE-/tmp");
	report(REFUSED, opens("/proc/self/exe", O_WRONLY, 0), "write-own-program");
	report(ESCAPES, opens("/proc/self/oom_score_adj", O_WRONLY, 0), "write-oom_score_adj");
	report(ESCAPES, opens("/proc/self/comm", O_WRONLY, 0), "write-comm");
}

static void trees(void)
{
	const char *const victim = "instances/22222222-2222-4222-8222-222222222222/disk";

	report(ESCAPES, libc_mkdir(in_home("made"), 0755) == 0, "mkdir-home");
	report(ESCAPES, DENIED_BUT("RVMCP", mkdirat, AT_FDCWD, in_home("instances/made"), 0755) == 0, "mkdirat-root");
	report(ESCAPES, libc_mkdir(in_home("instances/77777777-7777-4777-8777-777777777777"), 0755) == 0,
		"mkdir-instance");
	report(ESCAPES, libc_rmdir(in_home("instances/33333333-3333-4333-8333-333333333333")) == 0, "rmdir-instance");
	report(ESCAPES, libc_unlink(in_home("instances2/11111111-1111-4111-8111-111111111111/disk")) == 0,
		"unlink-home");
	report(ESCAPES, DENIED_BUT("RVM", unlinkat, AT_FDCWD, in(aim.other, "console.log"), 0) == 0,
		"unlinkat-instance");
	report(REFUSED, DENIED_BUT("RVM", unlinkat, AT_FDCWD, aim.other, AT_REMOVEDIR) == 0, "unlinkat-directory");
	report(ESCAPES, libc_rename(in_home("instances/snapshots/note"), in_home("renamed")) == 0, "rename-home");
	report(ESCAPES, DENIED_BUT("RVM", renameat, AT_FDCWD, in_home(victim), AT_FDCWD, in_home("stolen")) == 0,
		"renameat-instance");
	report(ESCAPES,
		DENIED_BUT("RVM", renameat2, AT_FDCWD, in(aim.other, "disk.info"), AT_FDCWD, in_home("stolen2"),
			RENAME_NOREPLACE) == 0,
		"renameat2-instance");
	report(ESCAPES,
		DENIED(renameat2, AT_FDCWD, in(aim.other, "disk"), AT_FDCWD, in_home("canary"), RENAME_EXCHANGE) == 0,
		"exchange");
	report(REFUSED,
		DENIED(renameat2, AT_FDCWD, in(aim.other, "kernel"), AT_FDCWD, in_home("whiteout"), RENAME_WHITEOUT) ==
				0 &&
			S_ISCHR(look(in(aim.other, "kernel")).st_mode),
		"whiteout-outside");
	report(REFUSED, libc_rename(in(aim.other, "ramdisk"), in_own("stolen")) == 0, "rename-into-own");
	if (is_free()) /* the rest is done in it */
		return;
	report(REFUSED, libc_rename(aim.own, in_home("moved")) == 0, "rename-own-away");
	report(REFUSED, libc_rmdir(aim.own) == 0, "rmdir-own-top");
}

/* Looking, which the second wall alone guards: there, the path does not exist. */
static void look_outside(const char *path)
{
	struct stat st;
	struct statx stx;
	char target[256];
	long fd;

	report(INSIDE, stat(path, &st) == 0, "look-stat-%s", path);
	report(INSIDE, stat(path, &st) != 0 && errno == ENOENT, "absent-%s", path);
	report(INSIDE, TRIED(statx, AT_FDCWD, path, AT_SYMLINK_NOFOLLOW, STATX_BASIC_STATS, &stx) == 0, "look-statx-%s",
		path);
	report(INSIDE, access(path, F_OK) == 0, "look-access-%s", path);
	report(INSIDE, readlink(path, target, sizeof(target)) > 0 || errno == EINVAL, "look-readlink-%s", path);
	fd = TRIED(openat, AT_FDCWD, path, O_PATH | O_NOFOLLOW, 0);
	report(INSIDE, fd >= 0, "look-O_PATH-%s", path);
	if (fd >= 0)
		close((int)fd);
}

static void looking(void)
{
	static const char *const home[] = { "secret.conf", "canary", "public/file", "instances2", "instances/locks",
		"instances/88888888-8888-4888-8888-888888888888/disk" };
	static const char *const system[] = { "/etc/hostname", "/etc/shadow", "/etc/rssh-nova.conf", "/proc", "/proc/1",
		"/proc/self/exe", "/sys", "/usr/bin/env", "/dev/zero", "/var/tmp", "/run", "/opt/takeover/program",
		LOADER_DIRECTORY "/../bin/env" };
	const char *const image = in(aim.root, "_base/da39a3ee5e6b4b0d3255bfef95601890afd80709");

	for (size_t i = 0; i < sizeof(home) / sizeof(home[0]); i++)
		look_outside(in_home(home[i]));
	for (size_t i = 0; i < sizeof(system) / sizeof(system[0]); i++)
		look_outside(system[i]);
	look_outside(in(aim.other, "disk"));
	if (has_role("RVMC") || is_free()) /* those that were not given it */
		look_outside(image);
	report(INSIDE, chdir("/usr/bin") == 0, "look-chdir");
	(void)!chdir("/");
}

/* What the form was given, and what is known to be left. */
static void left(void)
{
	report(INSIDE, opens("/etc/passwd", O_RDONLY, 0), "read-/etc/passwd");
	report(INSIDE, opens(LIBRARIES "/libc.so.6", O_RDONLY, 0), "read-library");
	report(INSIDE, opens(in(aim.root, "_base/da39a3ee5e6b4b0d3255bfef95601890afd80709"), O_RDONLY, 0),
		"read-image");
	report(INSIDE, opens(in_own("made"), O_WRONLY | O_CREAT, 0644), "create-own");
	report(INSIDE, opens(in_own("made"), O_RDONLY, 0), "read-own");
	report(INSIDE, libc_rename(in_own("made"), in_own("renamed")) == 0, "rename-own");
	report(INSIDE, libc_unlink(in_own("renamed")) == 0, "unlink-own");
	report(INSIDE, libc_mkdir(in_own("made.d"), 0755) == 0, "mkdir-own");
	report(INSIDE, libc_rmdir(in_own("made.d")) == 0, "rmdir-own");
}

void attempts_paths(void)
{
	reading();
	reading_processes();
	opening_otherwise();
	looking();
	left();
	writing();
	trees();
}
