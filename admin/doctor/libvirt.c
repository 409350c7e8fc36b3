/* SPDX-License-Identifier: Apache-2.0 */
/* libvirt's hook, which fences an instance before it starts. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "admin/capture.h"
#include "admin/doctor/host.h"
#include "admin/file.h"
#include "admin/libvirt.h"

static const char fix[] = "run rssh-nova-admin setup --libvirt",
		  restart[] = "systemctl restart libvirtd (or virtqemud); guests go on running";

/* Without the hook, what a peer writes while its domain arrives through the tunnel is not judged. */
static enum finding_level level_of(const struct host *host)
{
	return host->config.libvirt_tunnel ? FINDING_FATAL : FINDING_WARNING;
}

static void version_check(struct findings *findings, const struct host *host)
{
	struct libvirt_version version;

	libvirt_version_read(&version);
	if (!libvirt_has_hook_directory(&version))
		finding_put(findings, level_of(host),
			"add to " LIBVIRT_HOOKS "/qemu the line: rssh-nova-admin fence -- \"$@\"",
			"libvirt %u.%u ignores " LIBVIRT_HOOK_DIRECTORY, version.major, version.minor);
}

/* Is the hook as setup writes it? Returns false if there is none. */
static bool hook_check(struct findings *findings, const struct host *host)
{
	char *text, *const wanted = libvirt_hook_text();
	struct stat st;
	size_t len;

	if (file_read(&text, &len, LIBVIRT_HOOK) != 0) {
		const bool missing = errno == ENOENT;

		finding_put(findings, level_of(host), fix,
			missing ? "no hook fences an instance before it starts: until its claim expires, its peer "
				  "may write it while it is shut off"
				: LIBVIRT_HOOK ": %s",
			strerror(errno));
		free(wanted);
		return false;
	}
	if (wanted == NULL || strlen(wanted) != len || memcmp(text, wanted, len) != 0)
		finding_put(findings, level_of(host), "move it away, and run rssh-nova-admin setup --libvirt",
			LIBVIRT_HOOK " is not as setup writes it: libvirt may run something else");
	free(text);
	free(wanted);
	if (stat(LIBVIRT_HOOK, &st) != 0)
		return false;
	if ((st.st_mode & 0111) == 0)
		finding_put(findings, level_of(host), "chmod 0755 " LIBVIRT_HOOK,
			LIBVIRT_HOOK " is not executable: libvirt ignores it");
	if (st.st_uid != 0 || (st.st_mode & 022) != 0)
		finding_put(findings, FINDING_FATAL, "chown root:root and chmod 0755 " LIBVIRT_HOOK,
			LIBVIRT_HOOK ": users other than root can write it, and libvirt runs it as root");
	return true;
}

static void daemon_check(struct findings *findings, const struct host *host)
{
	const int pid = libvirt_daemon();

	if (pid != 0 && !libvirt_daemon_knows_hooks(pid))
		finding_put(findings, level_of(host), restart,
			"libvirt (process %d) started before the hook was installed, and calls none", pid);
}

/* AppArmor shows a confined process as "libvirtd (enforce)". */
static bool is_confined(int pid)
{
	char path[64], *text;
	size_t len;
	bool confined;

	snprintf(path, sizeof(path), "/proc/%d/attr/current", pid);
	if (pid == 0 || file_read(&text, &len, path) != 0)
		return false;
	confined = strstr(text, "(enforce)") != NULL;
	free(text);
	return confined;
}

static bool profile_has(const char *path, const char *rule)
{
	size_t len;
	char *text;
	bool has;

	if (file_read(&text, &len, path) != 0)
		return false;
	has = strstr(text, rule) != NULL;
	free(text);
	return has;
}

static void apparmor_check(struct findings *findings)
{
	static const char *const profiles[] = { "/etc/apparmor.d/usr.sbin.libvirtd",
		"/etc/apparmor.d/usr.sbin.virtqemud", "/etc/apparmor.d/local/usr.sbin.libvirtd",
		"/etc/apparmor.d/local/usr.sbin.virtqemud" };

	if (!is_confined(libvirt_daemon()))
		return;
	for (size_t i = 0; i < N_ELEMENTS(profiles); i++)
		if (profile_has(profiles[i], LIBVIRT_HOOKS "/** "))
			return;
	finding_put(findings, FINDING_WARNING,
		"write \"" LIBVIRT_HOOKS "/** rmix,\" to /etc/apparmor.d/local/usr.sbin.libvirtd, and load the profile",
		"AppArmor confines libvirt, and its profile does not allow the hook");
}

static void selinux_check(struct findings *findings)
{
	static char program[] = "/usr/sbin/matchpathcon", verify[] = "-V", path[] = LIBVIRT_HOOK, said[CAPTURE_MAX];
	char *argv[] = { program, verify, path, NULL };

	if (access("/sys/fs/selinux/enforce", F_OK) != 0 || access(program, X_OK) != 0 ||
		capture(said, argv, true) == 0)
		return;
	said[strcspn(said, "\n")] = '\0';
	finding_put(findings, FINDING_WARNING, "restorecon -R " LIBVIRT_HOOKS,
		"the SELinux label of the hook is wrong: %s", said);
}

void doctor_libvirt_hook(struct findings *findings, const struct host *host)
{
	if (!libvirt_is_here() && !host->config.libvirt_tunnel)
		return;
	version_check(findings, host);
	if (!hook_check(findings, host))
		return;
	daemon_check(findings, host);
	apparmor_check(findings);
	selinux_check(findings);
}
