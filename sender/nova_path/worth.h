/* SPDX-License-Identifier: Apache-2.0 */
/* worth: is a file worth compressing on its way? Nova asks for that by what the file is, not by what is in it:
 * encrypted, compressed and random data only cost time. Judged by a few samples of its data, byte by byte.
 * Takes:   the file's path.
 * Returns: true also when it cannot be read: whoever copies it says so. */
#ifndef SENDER_NOVA_PATH_WORTH_H
#define SENDER_NOVA_PATH_WORTH_H

#include <stdbool.h>
#include <stddef.h>

#include "policy/attributes.h"

enum {
	WORTH_LEAST = 128 * 1024, /* bytes of data; fewer are sent sooner than a second connection is made */
};

MUST_USE bool worth_compressing(const char *path);

/* Are the bytes spread so evenly that a compressor finds nothing? */
MUST_USE bool worth_is_even(const unsigned char *bytes, size_t len);

#endif
