/* SPDX-License-Identifier: Apache-2.0 */
/* claims_table: what "claims list" knows, for people: a table with dates, the claims that end first at its head, and
 * below it the commands that clear leftovers. */
#ifndef ADMIN_CLAIMS_TABLE_H
#define ADMIN_CLAIMS_TABLE_H

#include <jansson.h>
#include <stdbool.h>

/* rows: the array of claims list --json. all: also directories without a claim that counts. */
void claims_table_print(const json_t *rows, bool all);

#endif
