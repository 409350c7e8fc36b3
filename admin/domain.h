/* SPDX-License-Identifier: Apache-2.0 */
/* domain: the files that the XML of a libvirt domain names.
 * Takes:   the XML of one domain on a descriptor, as libvirt passes it to a hook.
 * Returns: each file, once for each element that names it, with the format in the XML.
 * Fails:   with a text if it is not the XML of a domain, has a document type declaration (no entity is ever expanded
 *          or loaded), is larger than DOMAIN_SIZE_MAX, or names too many or too long files.
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
	char format[IMAGE_FORMAT_MAX]; /* that libvirt tells QEMU, such as "raw" */
	bool is_image;		       /* has a format that QEMU reads; a kernel or a log has none */
	bool is_backing;	       /* it is the backing file of another */
};

struct domain {
	unsigned count;
	struct domain_file at[DOMAIN_FILES_MAX];
};

/* Returns 0, or -1 and *why, a constant. */
MUST_USE int domain_read(struct domain *out, int fd, const char **why);

#endif
