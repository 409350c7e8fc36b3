/* SPDX-License-Identifier: Apache-2.0 */
/* list: values apart by commas and blanks, as the configuration has them.
 * Pure: no heap, no I/O, no globals. */
#ifndef POLICY_LIST_H
#define POLICY_LIST_H

#include <stdbool.h>

#include "policy/limits.h"

/* Cuts the next value out of *rest into out. Gives false at the end; an empty one, or one that is too long,
 * comes out as "". */
bool list_next(char out[VALUE_MAX], const char **rest);

#endif
