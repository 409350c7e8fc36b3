/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/setup/other_root.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "admin/exit_code.h"

static const char *const devices[] = { "/dev/null", "/dev/zero", "/dev/urandom", "/dev/random" };

enum {
	DEVICES = sizeof(devices) / sizeof(devices[0]),
};

static int complain(const char *command, const char *what)
{
	fprintf(stderr, "rssh-nova-admin %s: --root: %s: %s\n", command, what, strerror(errno));
	return ADMIN_CANNOT;
}

/* Binds a device of this host, opened before the chroot, to path. */
static int device_bind(int fd, const char *path)
{
	char source[32];
	const int made = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);

	if (made < 0)
		return -1;
	close(made);
	snprintf(source, sizeof(source), "/proc/self/fd/%d", fd);
	return mount(source, path, NULL, MS_BIND, NULL);
}

/* Returns the step that failed, or NULL. Every path below chroot() is in the other root. */
static const char *enter(const char *directory)
{
	int fds[DEVICES];

	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0)
		return "private mounts";
	for (unsigned i = 0; i < DEVICES; i++)
		fds[i] = open(devices[i], O_PATH | O_CLOEXEC);
	if (chdir(directory) != 0 || chroot(".") != 0)
		return directory;
	if (mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL) != 0)
		return "/proc there";
	if (mount("run", "/run", "tmpfs", MS_NOSUID | MS_NODEV, "mode=755") != 0)
		return "/run there";
	if (mount("dev", "/dev", "tmpfs", MS_NOSUID | MS_NOEXEC, "mode=755") != 0)
		return "/dev there";
	for (unsigned i = 0; i < DEVICES; i++)
		if (device_bind(fds[i], devices[i]) != 0)
			return devices[i];
	return NULL;
}

static _Noreturn void command_exec(const char *directory, const char *command, const struct options *options)
{
	static char path[] = "PATH=/usr/sbin:/usr/bin:/sbin:/bin", locale[] = "LC_ALL=C";
	static const char *const programs[] = { "/usr/sbin/rssh-nova-admin", "/usr/local/sbin/rssh-nova-admin" };
	char *const env[] = { path, locale, NULL };
	const char *argv[OPTIONS_WORDS_MAX] = { programs[0], command };
	const char *const failed = enter(directory);

	umask(022);
	if (failed != NULL)
		_exit(complain(command, failed));
	options_write(&argv[2], options, command);
	for (size_t i = 0; i < sizeof(programs) / sizeof(programs[0]); i++)
		execve(programs[i], (char *const *)(uintptr_t)argv, env);
	_exit(complain(command, "install the package there first: /usr/sbin/rssh-nova-admin"));
}

int other_root_run(const char *directory, const char *command, const struct options *options)
{
	struct options there = *options;
	int status;
	pid_t pid;

	there.root = NULL;
	if (unshare(CLONE_NEWNS | CLONE_NEWPID) != 0)
		return complain(command, "cannot create namespaces (run setup inside the image by chroot(8))");
	pid = fork();
	if (pid == 0)
		command_exec(directory, command, &there);
	if (pid < 0)
		return complain(command, "fork");
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return complain(command, "waitpid");
	return WIFEXITED(status) ? WEXITSTATUS(status) : ADMIN_CANNOT;
}
