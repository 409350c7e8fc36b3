/* SPDX-License-Identifier: Apache-2.0 */
/* nova.conf against rssh-nova.conf: Nova uses the same paths on the source and the destination. */
#include <stdio.h>
#include <string.h>

#include "admin/doctor/host.h"
#include "admin/doctor/nova_live.h"
#include "admin/nova_option.h"
#include "node/config_open.h"

/* Sets out to the value. Returns false after a finding. */
static bool value_get(
	char out[NOVA_VALUE_MAX], struct findings *findings, const struct nova_source *source, enum nova_option option)
{
	if (nova_option_value(out, &source->conf, option))
		return true;
	finding_put(findings, FINDING_WARNING, "write the value in full in nova.conf, or compare it yourself",
		"%s in %s contains a variable that doctor does not know: not compared", nova_option_name(option),
		source->label);
	return false;
}

static bool names_root(const struct config *config, const char *path)
{
	const size_t len = strlen(path);

	for (unsigned i = 0; i < config->roots.count; i++) {
		const char *const root = text_at(&config->roots, i);
		const size_t root_len = strlen(root);

		if (strncmp(root, path, root_len) == 0 && (len == root_len || strcmp(path + root_len, "/") == 0))
			return true;
	}
	return false;
}

static bool allows_transport(const struct config *config, const char *word)
{
	for (enum transport each = TRANSPORT_SSH; each <= TRANSPORT_RSYNC; each++)
		if (strcmp(word, transport_word(each)) == 0)
			return (config->transports & 1u << each) != 0;
	return false;
}

/* Does [paths] read name the directory? */
static bool is_readable(const struct config *config, const char *directory)
{
	for (unsigned i = 0; i < config->read.count; i++)
		if (strcmp(text_at(&config->read, i), directory) == 0)
			return true;
	return false;
}

/* Makes "//" one slash, and removes a slash at the end. */
static void slashes_cut(char *path)
{
	size_t len = 0;

	for (const char *at = path; *at != '\0'; at++)
		if (*at != '/' || at[1] != '/')
			path[len++] = *at;
	while (len > 1 && path[len - 1] == '/')
		len--;
	path[len] = '\0';
}

static void root_compare(struct findings *findings, const struct config *config, const char *label, const char *value)
{
	char plain[NOVA_VALUE_MAX];

	if (names_root(config, value))
		return;
	strcpy(plain, value);
	slashes_cut(plain);
	if (names_root(config, plain))
		finding_put(findings, FINDING_FATAL, "write it with single slashes in nova.conf",
			"instances_path in %s is %s: Nova's paths then have two slashes, which the shell refuses (bad-path)",
			label, value);
	else
		finding_put(findings, FINDING_FATAL, "set the same instances_path in " CONFIG_PATH,
			"instances_path in %s is %s, which the shell refuses", label, value);
}

struct context {
	struct findings *findings;
	const struct host *host;
};

static void source_check(void *context, const struct nova_source *source)
{
	const struct context *const look = context;
	struct findings *const findings = look->findings;
	const struct host *const host = look->host;
	char value[NOVA_VALUE_MAX];

	if (source->trouble[0] != '\0')
		finding_put(findings, FINDING_WARNING, "run doctor as root, and correct the file", "%s: not compared",
			source->trouble);
	if (value_get(value, findings, source, NOVA_OPTION_INSTANCES_PATH))
		root_compare(findings, &host->config, source->label, value);
	if (value_get(value, findings, source, NOVA_OPTION_TRANSPORT) && !allows_transport(&host->config, value))
		finding_put(findings, FINDING_FATAL, "add it to remote_filesystem_transport in " CONFIG_PATH,
			"remote_filesystem_transport in %s is %s, which the shell refuses", source->label, value);
	if (value_get(value, findings, source, NOVA_OPTION_IMAGE_CACHE) && !is_readable(&host->config, value))
		finding_put(findings, FINDING_WARNING, "add it to [paths] read in " CONFIG_PATH,
			"[image_cache] subdirectory_name in %s is %s, which no peer may read: a migrated instance may "
			"miss its image",
			source->label, value);
}

void doctor_nova_conf(struct findings *findings, const struct host *host)
{
	struct context look = { findings, host };

	if (nova_sources_each(host->nova_conf, source_check, &look) == 0)
		finding_put(
			findings, FINDING_OK, "", "found no nova.conf, and compared nothing: name it with --nova-conf");
}

static void live_check(void *context, const struct nova_source *source)
{
	const struct context *const look = context;
	char uri[NOVA_VALUE_MAX];

	if (!nova_live_uses(uri, &source->conf, look->host->user))
		return;
	finding_put(look->findings, FINDING_FATAL,
		"set live_migration_scheme = tls (or tcp), or a live_migration_uri with another user",
		"live migration uses ssh to this account, %s (%s): the shell refuses it as libvirt-tunnel", uri,
		source->label);
}

void doctor_live_migration(struct findings *findings, const struct host *host)
{
	struct context look = { findings, host };

	if (nova_sources_each(host->nova_conf, live_check, &look) == 0)
		finding_put(
			findings, FINDING_OK, "", "found no nova.conf, and checked nothing: name it with --nova-conf");
}
