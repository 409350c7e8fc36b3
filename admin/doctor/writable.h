/* SPDX-License-Identifier: Apache-2.0 */
/* writable: who but root can write a file, or a directory above it in which another file could take its place.
 * Looks at owners and modes alone, as sshd does; a link is followed, and what is above its target is not looked at. */
#ifndef ADMIN_DOCTOR_WRITABLE_H
#define ADMIN_DOCTOR_WRITABLE_H

#include <pwd.h>

#include "admin/doctor/key_file.h"

enum writer {
	WRITER_ROOT, /* or nobody, because nothing is there */
	WRITER_OTHERS,
	WRITER_USER, /* the user of entry */
};

/* Writes the part of path, from its end, that the worst of them can write, and returns who that is. */
enum writer writable_by(char part[KEY_FILE_NAME_MAX], const struct passwd *entry, const char *path);

#endif
