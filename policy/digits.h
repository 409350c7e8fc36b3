/* SPDX-License-Identifier: Apache-2.0 */
/* digits: a number as text. printf(3) would map more pages of code into each run.
 * Pure: no heap, no I/O, no globals. */
#ifndef POLICY_DIGITS_H
#define POLICY_DIGITS_H

#include <stdint.h>

enum {
	DECIMAL_MAX = 21, /* bytes of the longest with sign and NUL */
	HEX_MAX = 17,	  /* 16 digits and NUL */
};

/* Returns the end of the text, where its NUL is. */
char *digits_decimal(char out[DECIMAL_MAX], int64_t number);

/* All 16 digits, in lower case. */
void digits_hex(char out[HEX_MAX], uint64_t number);

#endif
