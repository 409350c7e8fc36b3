/* SPDX-License-Identifier: Apache-2.0 */
/* guard: what qemu-img of nova-path does first. Nova opens a disk that a peer brought before libvirt's hook runs, and
 * the peer may write it until then. So the guard runs "rssh-nova-admin fence --files": that ends the claim, waits for
 * the transfers and judges the images.
 * Takes:   the words of qemu-img.
 * Returns: false, with a line on standard error, if the files must not be opened, or if it cannot find out.
 * Source:  qemu-img(1); nova/privsep/qemu.py, nova/virt/disk/api.py, nova/virt/libvirt/utils.py. */
#ifndef SENDER_NOVA_PATH_GUARD_H
#define SENDER_NOVA_PATH_GUARD_H

#include <stdbool.h>
#include <stddef.h>

#include "policy/attributes.h"

enum {
	GUARD_FILES_MAX = 16, /* of one command; Nova names four at most */
	GUARD_TEXT_MAX = 16384,
	GUARD_REFUSED_STATUS = 1, /* as when qemu-img cannot open a file */
};

/* The absolute paths in the words of a command. */
struct guard_files {
	unsigned count;
	const char *at[GUARD_FILES_MAX]; /* in text */
	char text[GUARD_TEXT_MAX];
};

/* Finds each path that is a word, or a value in it, as in "-o backing_file=PATH,backing_fmt=raw". Returns false if there
 * are too many or too long ones. Pure. */
MUST_USE bool guard_files_find(struct guard_files *out, int count, char *const *words);

MUST_USE bool guard_allows(int count, char *const *words);

#endif
