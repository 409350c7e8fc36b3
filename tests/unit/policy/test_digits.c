/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/digits.h"

#include <criterion/criterion.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

Test(digits, are_those_of_printf)
{
	static const int64_t numbers[] = { 0, 1, 9, 10, -1, -10, 42, 99999, 1000000, INT64_MAX, INT64_MIN };
	char expected[32], got[32];

	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		memset(got, 'x', sizeof(got));
		snprintf(expected, sizeof(expected), "%" PRId64, numbers[i]);
		cr_assert_eq(digits_decimal(got, numbers[i]), got + strlen(expected));
		cr_assert_str_eq(got, expected);
		memset(got, 'x', sizeof(got));
		snprintf(expected, sizeof(expected), "%016" PRIx64, (uint64_t)numbers[i]);
		digits_hex(got, (uint64_t)numbers[i]);
		cr_assert_str_eq(got, expected);
	}
}

Test(digits, have_room)
{
	char text[32];

	cr_assert_eq(digits_decimal(text, INT64_MIN) - text + 1, DECIMAL_MAX);
	digits_hex(text, UINT64_MAX);
	cr_assert_eq(strlen(text) + 1, HEX_MAX);
}
