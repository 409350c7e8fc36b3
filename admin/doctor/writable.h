/* SPDX-License-Identifier: Apache-2.0 */
/* writable: who besides root can write a file, or replace it in a directory above it.
 * Looks only at owners and modes, as sshd does. Follows a link, but does not look above its target. */
#ifndef ADMIN_DOCTOR_WRITABLE_H
#define ADMIN_DOCTOR_WRITABLE_H

#include <pwd.h>

#include "admin/doctor/key_file.h"

enum writer {
	WRITER_ROOT, /* or nobody, because it does not exist */
	WRITER_OTHERS,
	WRITER_USER, /* the user of entry */
};

/* Returns the worst writer, and sets part to the path of the file or directory that it can write. */
enum writer writable_by(char part[KEY_FILE_NAME_MAX], const struct passwd *entry, const char *path);

#endif
