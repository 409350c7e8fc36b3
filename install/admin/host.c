/* SPDX-License-Identifier: Apache-2.0 */
#include "install/admin/host.h"

#include <string.h>

#include "shell/config_open.h"

void host_read(struct host *out, const char *user, const struct options *options)
{
	struct passwd *found;

	out->user = user;
	if (getpwnam_r(user, &out->entry_copy, out->entry_text, sizeof(out->entry_text), &found) != 0)
		found = NULL;
	out->entry = found;
	sshd_settings_read(&out->sshd, user, options->sshd_config);
	out->nova_conf = options->nova_conf;
	config_default(&out->config);
	out->configured = config_open(&out->config, CONFIG_PATH, true, "", &out->fault) == 0;
}

bool host_is_rssh_nova(const char *path)
{
	const char *const slash = strrchr(path, '/');

	return path[0] == '/' && strcmp(slash + 1, "rssh-nova") == 0;
}

bool host_is_forced(const struct host *host)
{
	const char *const forced = sshd_settings_first(&host->sshd, "forcecommand");
	char word[256];
	const size_t len = strcspn(forced, " \t");

	if (len >= sizeof(word))
		return false;
	memcpy(word, forced, len);
	word[len] = '\0';
	return host_is_rssh_nova(word);
}
