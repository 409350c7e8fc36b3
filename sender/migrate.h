/* SPDX-License-Identifier: Apache-2.0 */
/* migrate: an instance directory sent to another node, in the order of Nova's migrate_disk_and_power_off
 * (nova/virt/libvirt/driver.py): a probe whether the storage is shared, create_dir, each file and directory,
 * disk.info last, disk.swap left out.
 * Takes:   the local directory, and the path on the other end.
 * Gives:   REMOTEFS_OK; REMOTEFS_SHARED when the other end sees this very directory: nothing was copied.
 * Fails:   after removing the directory on the other end, if this run made it. What stays there is said in
 *          an event. With ssh a directory that was there before stays; rsync cannot tell, and removes it as
 *          Nova does. A second run after a failure works. With resume, what was copied stays there after a loss of the
 *          connection, a signal or the end of the time, and the record of resume.h here. */
#ifndef SENDER_MIGRATE_H
#define SENDER_MIGRATE_H

#include "sender/remotefs.h"

struct remotefs_migration {
	const char *dir;    /* local */
	const char *remote; /* on the other end */
	const char *shared; /* local: where a probe made in remote shows up if the storage is shared; NULL: dir */
	bool compress;	    /* false: nothing; true: as Nova does, what is not qcow2 */
	bool resume; /* continue what an earlier run left, and leave it should the connection be lost; ssh alone */
};

enum remotefs_error remotefs_migrate(
	struct remotefs *fs, const struct remotefs_migration *migration, struct remotefs_fault *fault);

#endif
