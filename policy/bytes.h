/* SPDX-License-Identifier: Apache-2.0 */
/* bytes: a borrowed run of bytes that nobody has looked at yet. Not NUL-ended. */
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
