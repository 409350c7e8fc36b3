/* SPDX-License-Identifier: Apache-2.0 */
/* write_all: writes all of it. A write that is cut short or interrupted goes on where it stopped. Source: write(2). */
#ifndef BASE_WRITE_ALL_H
#define BASE_WRITE_ALL_H

#include "policy/attributes.h"
#include "policy/bytes.h"

/* Returns 0, or -1 and errno; then some of it may be written. */
MUST_USE int write_all(int fd, struct bytes content);

#endif
