/* SPDX-License-Identifier: Apache-2.0 */
/* account: the user that rssh-nova runs as on this node. What is looked at is looked at with that
 * user's eyes: its rights, and its number, which tells whose files an instance holds. */
#ifndef ADMIN_ACCOUNT_H
#define ADMIN_ACCOUNT_H

#include "policy/attributes.h"

#define ACCOUNT_DEFAULT "nova"

/* Becomes name for good; NULL stands for ACCOUNT_DEFAULT when root asks, else for who asks.
 * Fails with -1 and a line on standard error, also for one who is not root and names another. */
MUST_USE int account_become(const char *name);

#endif
