/* SPDX-License-Identifier: Apache-2.0 */
/* migrate: sends an instance directory to another node, in the order of Nova's migrate_disk_and_power_off
 * (nova/virt/libvirt/driver.py): a probe for shared storage, create_dir, each file and directory, disk.info last.
 * disk.swap stays.
 * Takes:   the local directory, and the remote path.
 * Returns: REMOTEFS_OK, or REMOTEFS_SHARED if both ends share this directory: then nothing was copied.
 * Fails:   after removing the remote directory, if this run created it. An event names what remains there. With ssh a
 *          directory that existed before stays; rsync cannot tell, and removes it as Nova does. A second run works.
 *          With resume, a lost connection, a signal or a timeout leaves the remote files, and the record of resume.h
 *          here. */
#ifndef SENDER_MIGRATE_H
#define SENDER_MIGRATE_H

#include "sender/remotefs.h"

struct remotefs_migration {
	const char *dir;    /* local */
	const char *remote; /* on the far end */
	const char *shared; /* local: where a probe in remote appears if the storage is shared; NULL: dir */
	bool compress;	    /* true: compress what Nova compresses, all but qcow2 */
	bool resume;	    /* continue an unfinished run, and leave one if the connection is lost; ssh only */
};

enum remotefs_error remotefs_migrate(
	struct remotefs *fs, const struct remotefs_migration *migration, struct remotefs_fault *fault);

#endif
