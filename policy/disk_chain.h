/* SPDX-License-Identifier: Apache-2.0 */
/* disk_chain: the images that the disks of an arriving domain name, and their backing files. What the XML says of a
 * chain must be the whole of it, because libvirt looks for the rest in the headers, which are the peer's.
 * Takes:   the elements below <devices> whose path begins with that of a disk, as domain.h found them good.
 * Returns: NULL, or what is wrong, a constant.
 * Source:  virDomainDiskBackingStoreParse() of libvirt's domain_conf.c; qemuDomainDetermineDiskChain().
 * Pure: no heap, no I/O, no globals. */
#ifndef POLICY_DISK_CHAIN_H
#define POLICY_DISK_CHAIN_H

#include <stdbool.h>

#include "policy/attributes.h"

enum {
	DISK_IMAGES_MAX = 32, /* of one domain, with the backing files that its XML names */
	DISK_PATH_MAX = 512,  /* with the ending NUL */
	DISK_FORMAT_MAX = 8,
};

struct disk_image {
	char path[DISK_PATH_MAX];
	char format[DISK_FORMAT_MAX]; /* "" if it is no image: a kernel, or a console's log */
	bool is_backing;
};

/* All zeros is one that has begun. */
struct disk_chain {
	unsigned count;
	struct disk_image at[DISK_IMAGES_MAX];
	/* Of the disk that we are in: */
	unsigned depth; /* of its element, 0 for none */
	unsigned next;	/* depth at which a backingStore may begin; 0 behind the end of the chain */
	bool is_file, has_driver, has_source;
	struct disk_image own, backing; /* as far as they have been read */
};

#define DISK_ELEMENT "domain/devices/disk"

/* attributes: name, value, name, value ... NULL. */
MUST_USE const char *disk_chain_start(
	struct disk_chain *chain, const char *path, unsigned depth, const char *const *attributes);
/* A file that is no image. */
MUST_USE const char *disk_chain_add(struct disk_chain *chain, const char *path);
MUST_USE const char *disk_chain_end(struct disk_chain *chain, unsigned depth);

#endif
