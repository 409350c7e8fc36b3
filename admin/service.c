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

static int systemctl(const char *verb, const char *unit, struct trouble *trouble)
{
	static char program[] = "/usr/bin/systemctl", said[CAPTURE_MAX];
	char *argv[] = { program, (char *)(uintptr_t)verb, (char *)(uintptr_t)unit, NULL };
	const int rc = capture(said, argv, true);

	said[strcspn(said, "\n")] = '\0';
	if (rc == 0)
		return 0;
	return trouble_set(
		trouble, "%s %s %s fails: %s", program, verb, unit, said[0] != '\0' ? said : "cannot run it");
}

/* The test of sd_booted(3). */
static bool systemd_runs(void)
{
	return access("/run/systemd/system", F_OK) == 0;
}

/* Returns the process that a pid file names, if it runs that program; 0 for none, -1 if we cannot find out. */
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
	trouble_set(trouble, "cannot signal the process of %s: %s; reload sshd by hand", pid_file,
		pid < 0 ? "/proc does not show it" : strerror(errno));
	return SERVICE_UNTOLD;
}

/* Does one verb to the first active unit of names, ended by NULL. False if none is active or systemd does not run. */
static bool units_run(enum service_answer *answer, const char *verb, const char *const names[], struct trouble *trouble)
{
	struct trouble inactive;

	for (; systemd_runs() && *names != NULL; names++)
		if (systemctl("is-active", *names, &inactive) == 0) {
			*answer = systemctl(verb, *names, trouble) == 0 ? SERVICE_TOLD : SERVICE_UNTOLD;
			return true;
		}
	return false;
}

/* Debian and Red Hat name the unit differently; if both names exist, one is an alias. */
enum service_answer service_reload_sshd(struct trouble *trouble)
{
	static const char *const units[] = { "ssh.service", "sshd.service", NULL };
	enum service_answer answer;

	return units_run(&answer, "reload", units, trouble) ? answer : sshd_signal(trouble);
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
	static const char *const units[] = { "virtqemud.service", "libvirtd.service", NULL };
	enum service_answer answer;

	if (units_run(&answer, "restart", units, trouble))
		return answer;
	if (process_find("/run/virtqemud.pid", "/usr/sbin/virtqemud") == 0 &&
		process_find("/run/libvirtd.pid", "/usr/sbin/libvirtd") == 0)
		return SERVICE_IDLE;
	trouble_set(trouble, "libvirt runs without systemd: restart its daemon by hand");
	return SERVICE_UNTOLD;
}
