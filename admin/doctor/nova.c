/* SPDX-License-Identifier: Apache-2.0 */
/* nova.conf against rssh-nova.conf: Nova uses the same paths on the source and the destination. */
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

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

/* As oslo.config reads a boolean option. */
static bool is_false(const char *value)
{
	static const char *const words[] = { "false", "off", "no", "0" };

	for (size_t i = 0; i < N_ELEMENTS(words); i++)
		if (strcasecmp(value, words[i]) == 0)
			return true;
	return false;
}

/* On arrival, finish_migration() of Nova converts each raw disk to qcow2 if use_cow_images is on. The raw format stays
 * in disk.info, from which these two kinds of images take that of the domain. */
static void images_judge(struct findings *findings, const struct nova_source *source)
{
	char type[NOVA_VALUE_MAX], cow[NOVA_VALUE_MAX];

	if (!value_get(type, findings, source, NOVA_OPTION_IMAGES_TYPE) ||
		(strcmp(type, "raw") != 0 && strcmp(type, "flat") != 0))
		return;
	if (!value_get(cow, findings, source, NOVA_OPTION_COW_IMAGES) || is_false(cow))
		return;
	finding_put(findings, FINDING_WARNING, "set use_cow_images = False in nova.conf",
		"images_type in %s is %s, and use_cow_images is on: Nova converts the disk of a migrated instance to qcow2, "
		"and starts the guest with it as raw",
		source->label, type);
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
		finding_put(findings, FINDING_WARNING, "correct the file, or name another one with --nova-conf",
			"%s: not compared", source->trouble);
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
	images_judge(findings, source);
}

void doctor_nova_conf(struct findings *findings, const struct host *host)
{
	struct context look = { findings, host };

	if (nova_sources_each(host->nova_conf, source_check, &look) == 0)
		finding_put(
			findings, FINDING_OK, "", "found no nova.conf, and compared nothing: name it with --nova-conf");
}

/* May the account write there, by its groups or as anybody? */
static bool may_use(const struct host *host, const struct stat *status)
{
	gid_t groups[64];
	int count = (int)N_ELEMENTS(groups);
	const struct passwd *const account = getpwnam(host->user);

	if ((status->st_mode & S_IWOTH) != 0)
		return true;
	if (account == NULL || (status->st_mode & S_IWGRP) == 0 ||
		getgrouplist(host->user, account->pw_gid, groups, &count) < 0)
		return false;
	for (int i = 0; i < count; i++)
		if (groups[i] == status->st_gid)
			return true;
	return false;
}

/* The tunnel is on: can it reach libvirt's daemon? */
static void tunnel_judge(struct findings *findings, const struct host *host)
{
	const char *const path = host->config.libvirt_socket;
	struct stat status;

	if (stat(path, &status) != 0 || !S_ISSOCK(status.st_mode) || status.st_uid != 0)
		finding_put(findings, FINDING_FATAL,
			"name the socket of libvirtd or virtqemud in [libvirt] socket in " CONFIG_PATH,
			"the tunnel for live migrations is on, and %s is no socket of root's", path);
	else if (!may_use(host, &status))
		finding_put(findings, FINDING_FATAL,
			"put the account into the group of the socket, as usermod -a -G does",
			"the tunnel for live migrations is on, and %s may not use %s", host->user, path);
}

static void live_check(void *context, const struct nova_source *source)
{
	const struct context *const look = context;
	char uri[NOVA_VALUE_MAX];

	if (!nova_live_uses(uri, &source->conf, look->host->user))
		return;
	if (look->host->config.libvirt_tunnel) {
		tunnel_judge(look->findings, look->host);
		return;
	}
	finding_put(look->findings, FINDING_FATAL,
		"set live_migration_scheme = tls (or tcp), a live_migration_uri with another user, or [libvirt] tunnel = on "
		"in " CONFIG_PATH,
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
