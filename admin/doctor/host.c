/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/doctor/host.h"

#include <string.h>
#include <sys/stat.h>

#include "node/config_open.h"

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

bool host_user_reads(const struct host *host, const char *path)
{
	const struct passwd *const entry = host->entry;
	struct stat st;

	if (entry == NULL)
		return true;
	if (stat(path, &st) != 0)
		return false;
	if (st.st_uid == entry->pw_uid)
		return (st.st_mode & S_IRUSR) != 0;
	return (st.st_mode & (st.st_gid == entry->pw_gid ? S_IRGRP : S_IROTH)) != 0;
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
