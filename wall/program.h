/* SPDX-License-Identifier: Apache-2.0 */
/* program: a binary of the distribution that a child may become, opened once and judged on the open
 * descriptor: a regular file of root's, executable, writable by root alone, not set-id. */
#ifndef WALL_PROGRAM_H
#define WALL_PROGRAM_H

#include "base/fault.h"
#include "policy/attributes.h"
#include "policy/plan.h"
#include "wall/view.h"

/* Gives an owned O_PATH descriptor. */
MUST_USE int program_open(const char *path, struct fault *fault);

/* Grants what the program needs of the system to start and run: itself, its loader and libraries, and
 * single files; and shows it in view, unless that is NULL. 0, or -1 and errno. */
MUST_USE int program_grant(int ruleset, int abi, int program, enum role role, struct view *view);

#endif
