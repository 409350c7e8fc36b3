/* SPDX-License-Identifier: Apache-2.0 */
/* account: the user that rssh-nova runs as on this node. Commands take over its rights, so that they see what the shell
 * would see, and its user number, which says whose files an instance has. */
#ifndef ADMIN_ACCOUNT_H
#define ADMIN_ACCOUNT_H

#include <stdbool.h>

#include "policy/attributes.h"

#define ACCOUNT_DEFAULT "nova"

/* Becomes the user for good. NULL: ACCOUNT_DEFAULT if the caller is root, else the caller. Root goes on in a process
 * without its terminal, see detach.h, which has an empty standard input unless reads_input.
 * Fails with -1 and a line on standard error, also if a caller other than root names another user. */
MUST_USE int account_become(const char *name, bool reads_input);

#endif
