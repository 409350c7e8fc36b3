/* SPDX-License-Identifier: Apache-2.0 */
/* list: comma-separated values, with blanks around them, as in the configuration.
 * Pure: no heap, no I/O, no globals. */
#ifndef POLICY_LIST_H
#define POLICY_LIST_H

#include <stdbool.h>

#include "policy/limits.h"

/* Copies the next value of *rest into out, and moves *rest to the one after it. False at the end. A value that is too
 * long comes out as "", as an empty one does. */
bool list_next(char out[VALUE_MAX], const char **rest);

#endif
