/* SPDX-License-Identifier: Apache-2.0 */
/* domain: the files that a libvirt domain will open, read from its XML.
 * Takes:   the XML of one domain on a descriptor, as libvirt writes it for a hook.
 * Returns: each file once for each place that names it, with the format that the domain gives it.
 * Fails:   with a text, when it is no such XML, has a document type declaration (so that no entity is ever
 *          expanded or loaded), is larger than DOMAIN_SIZE_MAX, or names too many or too long files.
 * Source:  https://libvirt.org/formatdomain.html; read by expat, which does no I/O of its own. */
#ifndef ADMIN_DOMAIN_H
#define ADMIN_DOMAIN_H

#include <stdbool.h>

#include "policy/attributes.h"
#include "policy/image.h"

enum {
	DOMAIN_SIZE_MAX = 4 * 1024 * 1024, /* bytes */
	DOMAIN_FILES_MAX = 64,
};

struct domain_file {
	char path[CMD_MAX];
	char format[IMAGE_FORMAT_MAX]; /* as QEMU is told, such as "raw" */
	bool is_image;		       /* QEMU reads a format; a kernel, for one, is no image */
	bool is_backing;	       /* of another file */
};

struct domain {
	unsigned count;
	struct domain_file at[DOMAIN_FILES_MAX];
};

/* 0, or -1 and *why, a constant. */
MUST_USE int domain_read(struct domain *out, int fd, const char **why);

#endif
