/* SPDX-License-Identifier: Apache-2.0 */
/* skip: ends a test that cannot be made here. In CI, where nothing may be left out, that is a failure; and CTest
 * would not tell: to it a skip of Criterion's is a success. */
#ifndef TESTS_UNIT_SKIP_H
#define TESTS_UNIT_SKIP_H

#include <criterion/criterion.h>
#include <stdlib.h>

#define SKIP_HERE(...) \
	do { \
		cr_assert_null(getenv("CI"), __VA_ARGS__); \
		cr_skip_test(__VA_ARGS__); \
	} while (0)

#endif
