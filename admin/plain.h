/* SPDX-License-Identifier: Apache-2.0 */
/* plain: text of others, such as names of files and words of peers, made safe for a terminal and a log.
 * Each byte that is not printable ASCII becomes "?". */
#ifndef ADMIN_PLAIN_H
#define ADMIN_PLAIN_H

#include <stdbool.h>
#include <stdio.h>

bool plain_is(char byte);

void plain_text(char *text);

void plain_print(FILE *out, const char *text);

#endif
