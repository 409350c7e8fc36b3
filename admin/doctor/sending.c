/* SPDX-License-Identifier: Apache-2.0 */
/* Is nova-path first on the PATH of nova-compute, complete, and root's? */
#include <stdio.h>
#include <sys/stat.h>

#include "admin/doctor/host.h"
#include "admin/nova_unit.h"

static void programs_check(struct findings *findings, const char *folder)
{
	static const char *const names[] = { "", "ssh", "scp", "rsync", "qemu-img" };

	for (size_t i = 0; i < N_ELEMENTS(names); i++) {
		char path[4200];
		struct stat st;

		snprintf(path, sizeof(path), "%s/%s", folder, names[i]);
		if (stat(path, &st) != 0 || (st.st_mode & S_IXOTH) == 0)
			finding_put(findings, FINDING_WARNING, "reinstall the package",
				"%s is missing or not executable: nova-compute runs the original program", path);
		else if (st.st_uid != 0 || (st.st_mode & (S_IWGRP | S_IWOTH)) != 0)
			finding_put(findings, FINDING_FATAL, "chown root:root and chmod 0755 it",
				"users other than root can write %s, which nova-compute runs", path);
	}
}

void doctor_sending(struct findings *findings, const struct host *host)
{
	char shadow[NOVA_UNIT_PATH_MAX];
	struct nova_unit unit;

	(void)host;
	if (!nova_unit_find(&unit))
		return;
	switch (nova_unit_look(&unit, shadow)) {
	case NOVA_UNIT_ELSEWHERE:
		finding_put(findings, FINDING_WARNING, "run rssh-nova-admin setup --sending",
			"nova-path is not first on the PATH of %s: its migrations send holes as zeros, and a peer can "
			"change a disk while Nova opens it",
			unit.name);
		return;
	case NOVA_UNIT_SHADOWED:
		finding_put(findings, FINDING_WARNING, "delete PATH from it",
			"%s sets the PATH of %s again, without nova-path in front", shadow, unit.name);
		return;
	case NOVA_UNIT_FIRST:
		break;
	}
	programs_check(findings, nova_unit_folder());
}
