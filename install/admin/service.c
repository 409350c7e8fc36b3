#include "install/admin/service.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "install/admin/capture.h"

static int systemctl(const char *verb, const char *unit, struct trouble *trouble)
{
	static char program[] = "/usr/bin/systemctl", said[CAPTURE_MAX];
	char *argv[] = { program, (char *)(uintptr_t)verb, (char *)(uintptr_t)unit, NULL };
	const int rc = capture(said, argv, true);

	said[strcspn(said, "\n")] = '\0';
	if (rc == 0)
		return 0;
	return trouble_set(trouble, "%s %s %s fails: %s", program, verb, unit,
		said[0] != '\0' ? said : "it cannot be run");
}

/* Debian and Red Hat name it differently; where both names are known they are one unit. */
int service_reload_sshd(struct trouble *trouble)
{
	static const char *const units[] = { "ssh.service", "sshd.service" };
	struct trouble inactive;

	for (size_t i = 0; i < N_ELEMENTS(units); i++)
		if (systemctl("is-active", units[i], &inactive) == 0)
			return systemctl("reload", units[i], trouble);
	if (strstr(inactive.text, "cannot be run") == NULL)
		return 0;
	*trouble = inactive;
	return -1;
}

int service_restart_rsyslog(struct trouble *trouble)
{
	return systemctl("try-restart", "rsyslog.service", trouble);
}

int service_restart_libvirt(struct trouble *trouble)
{
	static const char *const units[] = { "virtqemud.service", "libvirtd.service" };
	struct trouble inactive;

	for (size_t i = 0; i < N_ELEMENTS(units); i++)
		if (systemctl("is-active", units[i], &inactive) == 0)
			return systemctl("restart", units[i], trouble);
	return 0;
}
