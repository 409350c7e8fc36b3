/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>

#include <string.h>

#include "policy/attributes.h"
#include "policy/list.h"

static const struct {
	const char *text, *values; /* each value with "|" after it */
} rows[] = {
	{ "", "|" },
	{ "a", "a|" },
	{ "a,b", "a|b|" },
	{ "a, b", "a|b|" },
	{ "a ,b", "a|b|" },
	{ " a\t,\t b \t", "a|b|" },
	{ "a b,c", "a b|c|" },
	{ "a\tb", "a\tb|" },
	{ "a,", "a||" },
	{ ",a", "|a|" },
	{ "a,,b", "a||b|" },
	{ "a, \t,b", "a||b|" },
	{ ",", "||" },
	{ " ", "|" },
	{ "a;b", "a;b|" },
};

Test(list, is_cut_at_commas_without_the_blanks_around_them)
{
	for (size_t i = 0; i < N_ELEMENTS(rows); i++) {
		char word[VALUE_MAX], values[64] = "";
		const char *rest = rows[i].text;

		while (list_next(word, &rest)) {
			strcat(values, word);
			strcat(values, "|");
		}
		cr_expect_str_eq(values, rows[i].values, "%s", rows[i].text);
		cr_expect_null(rest);
		cr_expect_not(list_next(word, &rest), "%s", rows[i].text);
	}
}

/* A value that is cut would be another value, perhaps a valid one. */
Test(list, has_nothing_for_a_value_that_is_too_long)
{
	for (size_t len = 1; len < 2 * VALUE_MAX; len++) {
		char text[2 * VALUE_MAX + 2 * sizeof("  ,")], word[VALUE_MAX], value[2 * VALUE_MAX];
		const char *rest = text;

		memset(value, 'a', len);
		value[len] = '\0';
		strcpy(text, "  ");
		strcat(text, value);
		strcat(text, "  ,b");
		cr_assert(list_next(word, &rest));
		cr_assert_str_eq(word, len < VALUE_MAX ? value : "", "%zu", len);
		cr_assert(list_next(word, &rest), "%zu", len);
		cr_assert_str_eq(word, "b");
		cr_assert_not(list_next(word, &rest));
	}
}
