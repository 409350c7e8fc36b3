/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/libvirt.h"

#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "admin/capture.h"
#include "admin/file.h"
#include "admin/setup/recipe.h"

static const char *const daemons[] = { "/usr/sbin/virtqemud", "/usr/sbin/libvirtd" };
static const char *const pid_files[] = { "/run/virtqemud.pid", "/run/libvirtd.pid" };

enum {
	START_FIELD = 22, /* of /proc/PID/stat: clock ticks from boot to the process's start */
};

bool libvirt_is_here(void)
{
	return access("/etc/libvirt", F_OK) == 0;
}

void libvirt_version_read(struct libvirt_version *out)
{
	static char said[CAPTURE_MAX];

	*out = (struct libvirt_version){ 0, 0 };
	for (size_t i = 0; i < N_ELEMENTS(daemons); i++) {
		char *argv[] = { (char *)(uintptr_t)daemons[i], (char[]){ "--version" }, NULL };
		const char *at;

		if (access(daemons[i], X_OK) != 0 || capture(said, argv, true) != 0)
			continue;
		at = strpbrk(said, "0123456789");
		if (at != NULL && sscanf(at, "%u.%u", &out->major, &out->minor) == 2)
			return;
		*out = (struct libvirt_version){ 0, 0 };
	}
}

bool libvirt_has_hook_directory(const struct libvirt_version *version)
{
	return version->major == 0 || version->major > 6 || (version->major == 6 && version->minor >= 5);
}

int libvirt_daemon(void)
{
	for (size_t i = 0; i < N_ELEMENTS(pid_files); i++) {
		char *text, path[64];
		size_t len;
		int pid;

		if (file_read(&text, &len, pid_files[i]) != 0)
			continue;
		pid = atoi(text);
		free(text);
		snprintf(path, sizeof(path), "/proc/%d", pid);
		if (pid > 0 && access(path, F_OK) == 0)
			return pid;
	}
	return 0;
}

/* Reads a field of /proc/PID/stat by its number; -1 if it is missing. Field 2 may contain blanks. */
static int64_t stat_field(int pid, unsigned number)
{
	char path[64], text[1024];
	FILE *file;
	size_t len;
	char *at;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	file = fopen(path, "re");
	if (file == NULL)
		return -1;
	len = fread(text, 1, sizeof(text) - 1, file);
	fclose(file);
	text[len] = '\0';
	at = strrchr(text, ')');
	for (unsigned i = 2; at != NULL && i < number; i++)
		at = strchr(at + 1, ' ');
	return at == NULL ? -1 : strtoll(at, NULL, 10);
}

/* When the process started, in seconds of CLOCK_REALTIME; -1 if not known. */
static int64_t started_at(int pid)
{
	const int64_t ticks = stat_field(pid, START_FIELD);
	const long per_second = sysconf(_SC_CLK_TCK);
	char line[256];
	int64_t boot = -1;
	FILE *const file = fopen("/proc/stat", "re");

	while (file != NULL && fgets(line, sizeof(line), file) != NULL)
		if (sscanf(line, "btime %" SCNd64, &boot) == 1)
			break;
	if (file != NULL)
		fclose(file);
	return ticks < 0 || boot < 0 || per_second <= 0 ? -1 : boot + ticks / per_second;
}

/* When the file was made, in seconds of CLOCK_REALTIME; -1 if it is no program. */
static int64_t program_born(int dir, const char *name)
{
	struct statx st;

	if (statx(dir, name, AT_SYMLINK_NOFOLLOW, STATX_TYPE | STATX_MODE | STATX_CTIME | STATX_BTIME, &st) != 0 ||
		!S_ISREG(st.stx_mode) || (st.stx_mode & 0111) == 0)
		return -1;
	return (st.stx_mask & STATX_BTIME) != 0 ? st.stx_btime.tv_sec : st.stx_ctime.tv_sec;
}

/* Both times are whole seconds, and the kernel rounds the time of the boot. So a hook that looks one second younger
 * than the daemon may be older. */
static bool is_older(int64_t born, int64_t start)
{
	return born >= 0 && born <= start + 1;
}

bool libvirt_daemon_knows_hooks(int pid)
{
	const int64_t start = started_at(pid);
	DIR *dir;
	bool known;

	if (start < 0)
		return true;
	known = is_older(program_born(AT_FDCWD, LIBVIRT_HOOKS "/qemu"), start);
	dir = opendir(LIBVIRT_HOOK_DIRECTORY);
	for (const struct dirent *entry; !known && dir != NULL && (entry = readdir(dir)) != NULL;)
		known = is_older(program_born(dirfd(dir), entry->d_name), start);
	if (dir != NULL)
		closedir(dir);
	return known;
}

const char *libvirt_admin_path(void)
{
	static char path[PATH_MAX];
	const ssize_t len = readlink("/proc/self/exe", path, sizeof(path) - 1);

	path[len > 0 ? len : 0] = '\0';
	return path;
}

char *libvirt_hook_text(void)
{
	return recipe_fill(RECIPE_LIBVIRT, "", libvirt_admin_path(), "");
}
