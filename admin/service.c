/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/service.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "admin/capture.h"
#include "policy/bytes.h"

static int systemctl(const char *verb, const char *unit, struct trouble *trouble)
{
	static char program[] = "/usr/bin/systemctl", said[CAPTURE_MAX];
	char *argv[] = { program, (char *)(uintptr_t)verb, (char *)(uintptr_t)unit, NULL };
	const int rc = capture(said, argv, true);

	said[strcspn(said, "\n")] = '\0';
	if (rc == 0)
		return 0;
	return trouble_set(
		trouble, "%s %s %s fails: %s", program, verb, unit, said[0] != '\0' ? said : "it cannot be run");
}

/* As sd_booted(3) sees it. */
static bool systemd_runs(void)
{
	return access("/run/systemd/system", F_OK) == 0;
}

/* The process of a pid file, if it is that program's; 0 for none, -1 when it cannot be known. */
static pid_t process_find(const char *pid_file, const char *program)
{
	FILE *const file = fopen(pid_file, "re");
	char link[64], found[PATH_MAX];
	int pid = 0;
	ssize_t len;

	if (file == NULL)
		return errno == ENOENT ? 0 : -1;
	if (fscanf(file, "%d", &pid) != 1 || pid <= 1)
		pid = 0;
	fclose(file);
	if (pid == 0)
		return 0;
	snprintf(link, sizeof(link), "/proc/%d/exe", pid);
	len = readlink(link, found, sizeof(found) - 1);
	if (len < 0)
		return access("/proc/self", F_OK) == 0 && errno == ENOENT ? 0 : -1;
	found[len] = '\0';
	return strncmp(found, program, strlen(program)) == 0 ? pid : 0;
}

static enum service_answer sshd_signal(struct trouble *trouble)
{
	static const char pid_file[] = "/run/sshd.pid";
	const pid_t pid = process_find(pid_file, "/usr/sbin/sshd");

	if (pid == 0)
		return SERVICE_IDLE;
	if (pid > 0 && kill(pid, SIGHUP) == 0)
		return SERVICE_TOLD;
	trouble_set(trouble, "the process of %s cannot be told: %s", pid_file,
		pid < 0 ? "it cannot be looked at" : strerror(errno));
	return SERVICE_UNTOLD;
}

/* Debian and Red Hat name it differently; where both names are known they are one unit. */
enum service_answer service_reload_sshd(struct trouble *trouble)
{
	static const char *const units[] = { "ssh.service", "sshd.service" };
	struct trouble inactive;

	for (size_t i = 0; systemd_runs() && i < N_ELEMENTS(units); i++)
		if (systemctl("is-active", units[i], &inactive) == 0)
			return systemctl("reload", units[i], trouble) == 0 ? SERVICE_TOLD : SERVICE_UNTOLD;
	return sshd_signal(trouble);
}

enum service_answer service_restart_rsyslog(struct trouble *trouble)
{
	static const char pid_file[] = "/run/rsyslogd.pid";

	if (systemd_runs())
		return systemctl("try-restart", "rsyslog.service", trouble) == 0 ? SERVICE_TOLD : SERVICE_UNTOLD;
	if (process_find(pid_file, "/usr/sbin/rsyslogd") == 0)
		return SERVICE_IDLE;
	trouble_set(trouble, "rsyslog runs without systemd: restart it by hand");
	return SERVICE_UNTOLD;
}

enum service_answer service_restart_libvirt(struct trouble *trouble)
{
	static const char *const units[] = { "virtqemud.service", "libvirtd.service" };
	struct trouble inactive;

	for (size_t i = 0; systemd_runs() && i < N_ELEMENTS(units); i++)
		if (systemctl("is-active", units[i], &inactive) == 0)
			return systemctl("restart", units[i], trouble) == 0 ? SERVICE_TOLD : SERVICE_UNTOLD;
	if (process_find("/run/virtqemud.pid", "/usr/sbin/virtqemud") == 0 &&
		process_find("/run/libvirtd.pid", "/usr/sbin/libvirtd") == 0)
		return SERVICE_IDLE;
	trouble_set(trouble, "libvirt runs without systemd: restart its daemon by hand");
	return SERVICE_UNTOLD;
}
