/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/digits.h"

#include <string.h>

char *digits_decimal(char out[DECIMAL_MAX], int64_t number)
{
	char digits[DECIMAL_MAX];
	size_t at = sizeof(digits);
	uint64_t rest = number < 0 ? -(uint64_t)number : (uint64_t)number;

	digits[--at] = '\0';
	do
		digits[--at] = (char)('0' + rest % 10);
	while ((rest /= 10) != 0);
	if (number < 0)
		digits[--at] = '-';
	memcpy(out, digits + at, sizeof(digits) - at);
	return out + sizeof(digits) - at - 1;
}

void digits_hex(char out[HEX_MAX], uint64_t number)
{
	static const char digits[] = "0123456789abcdef";

	for (unsigned i = 0; i < HEX_MAX - 1; i++)
		out[i] = digits[number >> (60 - 4 * i) & 15];
	out[HEX_MAX - 1] = '\0';
}
