/* SPDX-License-Identifier: Apache-2.0 */
/* claims_table: the output of "claims list" as a table with dates. The claims that end first come first. Below the
 * table are the commands that clear leftovers. */
#ifndef ADMIN_CLAIMS_TABLE_H
#define ADMIN_CLAIMS_TABLE_H

#include <jansson.h>
#include <stdbool.h>

/* rows: the array of claims list --json. all: include directories without a valid claim. */
void claims_table_print(const json_t *rows, bool all);

#endif
