/* nova.conf against ours: a node is migrated to under the same names that it migrates from. */
#include <errno.h>
#include <string.h>

#include "install/admin/host.h"
#include "install/admin/nova_conf.h"
#include "shell/config_open.h"

static const char nova_conf_path[] = "/etc/nova/nova.conf";

static bool names_root(const struct config *config, const char *path)
{
	const size_t len = strlen(path);

	for (unsigned i = 0; i < config->roots.count; i++) {
		const char *const root = text_at(&config->roots, i);
		const size_t root_len = strlen(root);

		if (strncmp(root, path, root_len) == 0 &&
			(len == root_len || strcmp(path + root_len, "/") == 0))
			return true;
	}
	return false;
}

static bool lets_in(const struct config *config, const char *word)
{
	for (enum transport transport = TRANSPORT_SSH; transport <= TRANSPORT_RSYNC; transport++)
		if (strcmp(word, transport_word(transport)) == 0)
			return (config->transports & 1u << transport) != 0;
	return false;
}

void doctor_nova_conf(struct findings *findings, const struct host *host)
{
	struct nova_conf nova;

	if (nova_conf_read(&nova, nova_conf_path) != 0) {
		finding_put(findings, errno == ENOENT ? FINDING_OK : FINDING_WARNING,
			errno == ENOENT ? "" : "run as root", "%s: %s: not compared",
			nova_conf_path, strerror(errno));
		return;
	}
	if (!names_root(&host->config, nova.instances_path))
		finding_put(findings, FINDING_FATAL,
			"make instances_path in " CONFIG_PATH " the same",
			"instances_path in %s is %s, which the shell does not let in",
			nova_conf_path, nova.instances_path);
	if (!lets_in(&host->config, nova.transport))
		finding_put(findings, FINDING_FATAL,
			"name it in remote_filesystem_transport in " CONFIG_PATH,
			"remote_filesystem_transport in %s is %s, which the shell does not let in",
			nova_conf_path, nova.transport);
}
