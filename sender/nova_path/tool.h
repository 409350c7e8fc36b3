/* SPDX-License-Identifier: Apache-2.0 */
/* tool: the real program behind a name of this folder: the next of that name on PATH.
 * Takes:   the name, and the PATH of the environment; the running program, by /proc/self/exe.
 * Fails:   with false when there is none. */
#ifndef SENDER_NOVA_PATH_TOOL_H
#define SENDER_NOVA_PATH_TOOL_H

#include <limits.h>
#include <stdbool.h>

#include "policy/attributes.h"

/* Looks behind the folder by which we were found, so that two such folders do not send a call round and round. */
MUST_USE bool tool_find(char out[PATH_MAX], const char *name);

/* Becomes it, with the words as they are; words[0] stays. Returns only by ending the process with 127. */
__attribute__((noreturn)) void tool_become(const char *name, char *const *words);

#endif
