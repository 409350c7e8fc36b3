/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "sender/argv.h"

Test(argv, keeps_words_apart)
{
	struct argv argv;
	const char *const *words;

	argv_init(&argv);
	argv_add(&argv, "a b");
	argv_add(&argv, "");
	argv_addf(&argv, "%s=%d", "c", 3);
	words = argv_words(&argv);
	cr_assert_not_null(words);
	cr_expect_str_eq(words[0], "a b");
	cr_expect_str_eq(words[1], "");
	cr_expect_str_eq(words[2], "c=3");
	cr_expect_null(words[3]);
}

Test(argv, gives_nothing_when_words_are_too_many)
{
	struct argv argv;

	argv_init(&argv);
	for (unsigned i = 0; i < ARGV_WORDS_MAX; i++)
		argv_add(&argv, "x");
	cr_expect_not_null(argv_words(&argv));
	argv_add(&argv, "x");
	cr_expect_null(argv_words(&argv));
}

Test(argv, gives_nothing_when_words_are_too_long)
{
	static char word[ARGV_STORE_MAX];
	struct argv argv;

	memset(word, 'x', sizeof(word) - 1);
	argv_init(&argv);
	argv_add(&argv, word);
	cr_expect_not_null(argv_words(&argv));
	argv_add(&argv, "");
	cr_expect_null(argv_words(&argv));
}

Test(argv, quotes_so_that_a_shell_gets_the_words_back)
{
	const char *const words[] = { "printf", "%s|", "plain/-=:@,+._%", "a b", "", "it's", "$(id)`id`\\\"", "*\n;",
		NULL };
	char line[512], shown[512] = "";
	FILE *pipe;

	cr_assert(argv_quote(line, sizeof(line), words, false));
	pipe = popen(line, "r");
	cr_assert_not_null(pipe);
	shown[fread(shown, 1, sizeof(shown) - 1, pipe)] = '\0';
	pclose(pipe);
	cr_expect_str_eq(shown, "plain/-=:@,+._%|a b||it's|$(id)`id`\\\"|*\n;|");
}

Test(argv, refuses_for_rsync_what_rsync_would_read_otherwise)
{
	const char *const good[] = { "ssh", "-oProxyCommand=nc %h %p", NULL };
	const char *const bad[] = { "ssh", "it's", NULL };
	char line[64];

	cr_assert(argv_quote(line, sizeof(line), good, true));
	cr_expect_str_eq(line, "ssh '-oProxyCommand=nc %h %p'");
	cr_expect_not(argv_quote(line, sizeof(line), bad, true));
	cr_expect_not(argv_quote(line, 8, good, true));
}
