/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/setup/syslog.h"

#include <unistd.h>

#include "admin/setup/recipe.h"

/* A file that the operator has changed stays. */
static int recipe_plan(struct setup *setup, enum recipe recipe, const char *path, struct trouble *trouble)
{
	char *const text = recipe_fill(recipe, setup->user, setup->shell, "");

	if (text == NULL)
		return trouble_no_memory(trouble);
	if (setup_plan_offer(setup, path, 0644, text) == SETUP_PLACE_TAKEN)
		setup_note(setup, "%s exists already, and setup does not change it", path);
	return 0;
}

int setup_syslog_plan(struct setup *setup, struct trouble *trouble)
{
	if (access("/usr/sbin/rsyslogd", X_OK) != 0 || access("/etc/rsyslog.d", F_OK) != 0) {
		setup_note(setup,
			"rsyslog is not installed: the audit is where the syslog of this host writes it "
			"(journalctl -t rssh-nova)");
		return 0;
	}
	if (recipe_plan(setup, RECIPE_RSYSLOG, "/etc/rsyslog.d/30-rssh-nova.conf", trouble) != 0)
		return -1;
	if (access("/etc/logrotate.d", F_OK) != 0) {
		setup_note(
			setup, "logrotate is not installed: /var/log/rssh-nova.log grows until you rotate it yourself");
		return 0;
	}
	return recipe_plan(setup, RECIPE_LOGROTATE, "/etc/logrotate.d/rssh-nova", trouble);
}

bool setup_touches_rsyslog(const struct setup *setup)
{
	return setup_plan_touches(setup, "/etc/rsyslog.d/");
}
