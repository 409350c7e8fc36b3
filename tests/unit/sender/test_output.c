/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>
#include <string.h>

#include "sender/output.h"

struct seen {
	unsigned lines;
	char text[4096];
};

static void on_line(void *user, const char *line)
{
	struct seen *const seen = user;

	seen->lines++;
	if (strlen(seen->text) + strlen(line) + 2 < sizeof(seen->text))
		strcat(strcat(seen->text, line), "\n");
}

static struct output fed(struct seen *seen, const char *text)
{
	struct output output;

	memset(seen, 0, sizeof(*seen));
	output_init(&output, on_line, seen);
	/* A byte at a time: where a read ends must not matter. */
	for (const char *at = text; *at != '\0'; at++)
		output_feed(&output, at, 1);
	output_end(&output);
	return output;
}

Test(output, escapes_what_is_not_printable)
{
	struct seen seen;

	fed(&seen, "a\033[2J\007b\\\tc\xc2\x9b\r\nd");
	cr_expect_str_eq(seen.text, "a\\x1b[2J\\x07b\\x5c\\x09c\\xc2\\x9b\nd\n");
}

Test(output, reads_a_refusal)
{
	struct seen seen;
	const struct output output =
		fed(&seen, "noise\nrssh-nova: refused: outside (ref 0af3)\nscp: Connection closed\r\n");

	cr_expect(output.refused && output.hung_up);
	cr_expect_str_eq(output.reason, "outside");
	cr_expect_str_eq(output.ref, "0af3");
	cr_expect_str_eq(output.last, "scp: Connection closed");
}

Test(output, takes_no_refusal_from_the_middle_of_a_line)
{
	struct seen seen;

	cr_expect_not(fed(&seen, "x rssh-nova: refused: outside (ref 0af3)\n").refused);
	cr_expect_not(fed(&seen, "rssh-nova: refuse: outside\n").refused);
}

Test(output, survives_a_refusal_of_any_shape)
{
	static const char *const lines[] = { "rssh-nova: refused: ", "rssh-nova: refused: x",
		"rssh-nova: refused: x (ref ", "rssh-nova: refused: x (ref y", "rssh-nova: refused:  (ref )" };
	char line[2048];
	struct seen seen;

	for (size_t i = 0; i < N_ELEMENTS(lines); i++)
		cr_expect(fed(&seen, lines[i]).refused, "%s", lines[i]);
	memset(line, 'y', sizeof(line) - 1);
	line[sizeof(line) - 1] = '\0';
	memcpy(line, "rssh-nova: refused: ", 20);
	cr_expect_str_eq(fed(&seen, line).reason, "");
}

Test(output, bounds_lines_and_their_number)
{
	struct seen seen = { 0 };
	struct output output;

	output_init(&output, on_line, &seen);
	for (unsigned i = 0; i < 100000; i++)
		output_feed(&output, "x\033", 2);
	output_end(&output);
	cr_expect_eq(seen.lines, 1);
	cr_expect_lt(strlen(seen.text), OUTPUT_LINE_MAX + 1);
	for (unsigned i = 0; i < 10 * OUTPUT_LINES_MAX; i++)
		output_feed(&output, "x\n", 2);
	cr_expect_eq(seen.lines, OUTPUT_LINES_MAX);
}

Test(output, hears_what_exit_statuses_do_not_tell)
{
	struct seen seen;

	cr_expect(fed(&seen, "cannot delete non-empty directory: U\n").kept);
	cr_expect(fed(&seen, "nova@h: Permission denied (publickey).\r\n").denied);
	cr_expect_not(fed(&seen, "touch: cannot touch 'x': Permission denied\n").denied);
	cr_expect(fed(&seen, "Host key verification failed.\r\n").denied);
	cr_expect(fed(&seen, "touch: cannot touch 'x': No such file or directory\n").not_found);
	cr_expect_not(fed(&seen, "fine\n").kept);
}
