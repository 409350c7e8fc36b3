/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/nova_source.h"

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "admin/file.h"
#include "base/own.h"

enum {
	PATTERNS_OF_PLACE = 5,
};

/* In the order in which nova-compute reads them. */
typedef const char *const place_patterns[PATTERNS_OF_PLACE + 1];

static const char debian_service[] = "/etc/init.d/nova-compute";
static place_patterns debian = { "/etc/nova/nova.conf.d/*.conf", "/etc/nova/nova-compute.conf.d/*.conf",
	"/etc/nova/nova.conf", "/etc/nova/nova-compute.conf", NULL };
static place_patterns upstream = { "/usr/share/nova/nova-dist.conf", "/etc/nova/nova.conf",
	"/etc/nova/nova-compute.conf", "/etc/nova/nova.conf.d/*.conf", "/etc/nova/nova-compute.conf.d/*.conf", NULL };
static place_patterns others[] = {
	{ "/etc/kolla/nova-compute/nova.conf", NULL },
	{ "/var/lib/openstack/config/nova/*.conf", NULL },
	{ "/var/lib/config-data/puppet-generated/nova_libvirt/etc/nova/nova.conf", NULL },
};

static void trouble_put(struct nova_source *out, const char *path, const char *why)
{
	if (out->trouble[0] == '\0')
		snprintf(out->trouble, sizeof(out->trouble), "%s: %s", path, why);
}

/* Follows symlinks, which containers need. Skips what is no regular file: it could block. */
static void file_add(struct nova_source *out, const char *path)
{
	OWN_FD int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	char *text, why[64];
	size_t len;
	int rc;

	if (out->files++ == 0)
		snprintf(out->label, sizeof(out->label), "%s", path);
	if (fd < 0 || file_read_open(&text, &len, fd) != 0) {
		trouble_put(out, path, strerror(errno));
		return;
	}
	rc = nova_conf_parse(&out->conf, text);
	free(text);
	if (rc == 0)
		return;
	snprintf(why, sizeof(why), "line %d: oslo.config cannot read it", rc);
	trouble_put(out, path, rc < 0 ? strerror(ENOMEM) : why);
}

static void pattern_add(struct nova_source *out, const char *pattern)
{
	glob_t found;

	if (glob(pattern, 0, NULL, &found) != 0)
		return;
	for (size_t i = 0; i < found.gl_pathc; i++)
		file_add(out, found.gl_pathv[i]);
	globfree(&found);
}

static void label_end(struct nova_source *out)
{
	const size_t len = strlen(out->label);

	if (out->files > 1)
		snprintf(out->label + len, sizeof(out->label) - len, " and %u more", out->files - 1);
}

static void place_read(struct nova_source *out, place_patterns patterns)
{
	*out = (struct nova_source){ .files = 0 };
	for (size_t i = 0; patterns[i] != NULL; i++)
		pattern_add(out, patterns[i]);
	label_end(out);
}

static void names_read(struct nova_source *out, const char *const *names)
{
	*out = (struct nova_source){ .files = 0 };
	for (; *names != NULL; names++) {
		char pattern[PATH_MAX];
		struct stat st;

		if (stat(*names, &st) != 0 || !S_ISDIR(st.st_mode)) {
			file_add(out, *names);
			continue;
		}
		snprintf(pattern, sizeof(pattern), "%s/*.conf", *names);
		pattern_add(out, pattern);
	}
	label_end(out);
}

/* Calls look, and clears the source. Returns whether it has a file. */
static bool look_at(struct nova_source *source, nova_source_fn *look, void *context)
{
	const bool found = source->files != 0;

	if (found)
		look(context, source);
	nova_conf_clear(&source->conf);
	return found;
}

unsigned nova_sources_each(const char *const *names, nova_source_fn *look, void *context)
{
	struct nova_source source;
	unsigned count;

	if (names[0] != NULL) {
		names_read(&source, names);
		return look_at(&source, look, context);
	}
	place_read(&source, access(debian_service, F_OK) == 0 ? debian : upstream);
	count = look_at(&source, look, context);
	for (size_t i = 0; i < N_ELEMENTS(others); i++) {
		place_read(&source, others[i]);
		count += look_at(&source, look, context);
	}
	return count;
}
