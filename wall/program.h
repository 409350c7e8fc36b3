/* SPDX-License-Identifier: Apache-2.0 */
/* program: a binary of the distribution that a child may become. It is opened once, and its open descriptor must be a
 * regular file that root owns, that only root can write, executable, and not set-id. */
#ifndef WALL_PROGRAM_H
#define WALL_PROGRAM_H

#include "base/fault.h"
#include "policy/attributes.h"
#include "policy/plan.h"
#include "wall/view.h"

/* Returns an O_PATH descriptor, owned, or -1 and a fault. */
MUST_USE int program_open(const char *path, struct fault *fault);

/* Grants what the program needs to start and run: itself, its loader and libraries, and single files. Shows them in
 * view, unless that is NULL. Returns 0, or -1 and errno. */
MUST_USE int program_grant(int ruleset, int abi, int program, enum role role, struct view *view);

#endif
