/* SPDX-License-Identifier: Apache-2.0 */
/* builtin: the operations that we do in our own process: touch, rm, mkdir -p, rm -rf and rmdir. */
#ifndef SHELL_BUILTIN_H
#define SHELL_BUILTIN_H

#include "policy/op.h"
#include "shell/place.h"

typedef int builtin_fn(const struct place *place);

/* Returns the function of an operation, or NULL if a program does it. */
builtin_fn *builtin_of(enum op op);

#endif
