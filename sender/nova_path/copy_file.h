/* SPDX-License-Identifier: Apache-2.0 */
/* copy_file: Nova's scp -r, over SFTP and a shared connection (sftp_copy.h, share.h). */
#ifndef SENDER_NOVA_PATH_COPY_FILE_H
#define SENDER_NOVA_PATH_COPY_FILE_H

#include "sender/nova_path/nova_form.h"

enum {
	COPY_NOT_SERVED = -1, /* nothing was done: run the real scp */
};

/* Returns the exit status that scp would end with, or COPY_NOT_SERVED. It has then written errors to standard error,
 * in scp's words. */
int copy_file(const struct nova_form *form);

#endif
