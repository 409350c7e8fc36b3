/* SPDX-License-Identifier: Apache-2.0 */
/* bytes: a borrowed range of bytes, not checked yet and not NUL-ended. */
#ifndef POLICY_BYTES_H
#define POLICY_BYTES_H

#include <stddef.h>
#include <string.h>

struct bytes {
	const char *at;
	size_t len;
};

static inline struct bytes bytes_of(const char *text)
{
	return (struct bytes){ text, strlen(text) };
}

static inline int bytes_equal(struct bytes a, struct bytes b)
{
	return a.len == b.len && (a.len == 0 || memcmp(a.at, b.at, a.len) == 0);
}

#endif
