/* SPDX-License-Identifier: Apache-2.0 */
/* tool: the real program of a name in this folder: the next of that name on PATH.
 * Takes:   the name; PATH of the environment; /proc/self/exe.
 * Fails:   with false if there is none. */
#ifndef SENDER_NOVA_PATH_TOOL_H
#define SENDER_NOVA_PATH_TOOL_H

#include <limits.h>
#include <stdbool.h>

#include "policy/attributes.h"

/* Searches PATH behind our own folder, so that two such folders do not call each other for ever. */
MUST_USE bool tool_find(char out[PATH_MAX], const char *name);

/* Runs the program in place of this one, with the same words. Ends the process with 127 on failure. */
__attribute__((noreturn)) void tool_become(const char *name, char *const *words);

#endif
