/* SPDX-License-Identifier: Apache-2.0 */
/* worth: is it worth compressing a file for the wire? Nova decides by the type of the file, but encrypted, compressed
 * and random data only cost time. So this judges a few samples of the data.
 * Takes:   the file's path.
 * Returns: true also if the file cannot be read: the copy reports that. */
#ifndef SENDER_NOVA_PATH_WORTH_H
#define SENDER_NOVA_PATH_WORTH_H

#include <stdbool.h>
#include <stddef.h>

#include "policy/attributes.h"

enum {
	WORTH_LEAST = 128 * 1024, /* bytes of data; sending fewer takes less time than a second connection */
};

MUST_USE bool worth_compressing(const char *path);

/* Are the byte values so evenly distributed that compression is useless? */
MUST_USE bool worth_is_even(const unsigned char *bytes, size_t len);

#endif
