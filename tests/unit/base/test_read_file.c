/* SPDX-License-Identifier: Apache-2.0 */
/* text: files that come in pieces, that are longer than asked for, and that cannot be read. */
#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/read_file.h"

static int piped(const char *bytes)
{
	int ends[2];

	cr_assert_eq(pipe(ends), 0);
	cr_assert_eq(write(ends[1], bytes, strlen(bytes)), (ssize_t)strlen(bytes));
	close(ends[1]);
	return ends[0];
}

Test(text, reads_to_the_end_and_puts_a_nul)
{
	const int fd = piped("one\ntwo\n");
	char *text;

	cr_expect_eq(read_file(&text, fd, TEXT_FILE_MAX), 8);
	cr_expect_str_eq(text, "one\ntwo\n");
	close(fd);
}

Test(text, nothing_of_a_longer_text_is_left_behind)
{
	const int longer = piped("a longer text"), shorter = piped("short"), none = piped("");
	char *text;

	cr_expect_eq(read_file(&text, longer, TEXT_FILE_MAX), 13);
	cr_expect_eq(read_file(&text, shorter, TEXT_FILE_MAX), 5);
	cr_expect_str_eq(text, "short");
	cr_expect_eq(read_file(&text, none, TEXT_FILE_MAX), 0);
	cr_expect_str_eq(text, "");
	close(longer);
	close(shorter);
	close(none);
}

Test(text, stops_at_the_limit)
{
	const int fd = piped("0123456789");
	char *text;

	cr_expect_eq(read_file(&text, fd, 4), 4);
	cr_expect_str_eq(text, "0123");
	close(fd);
}

Test(text, what_comes_in_pieces_is_one)
{
	char *text;
	int ends[2];

	cr_assert_eq(pipe(ends), 0);
	if (fork() == 0) {
		for (int i = 0; i < 3; i++) {
			(void)!write(ends[1], "part ", 5);
			usleep(20000);
		}
		_exit(0);
	}
	close(ends[1]);
	cr_expect_eq(read_file(&text, ends[0], TEXT_FILE_MAX), 15);
	cr_expect_str_eq(text, "part part part ");
	close(ends[0]);
}

Test(text, refuses_more_than_there_is_room_for)
{
	const int fd = piped("x");
	char *text;

	errno = 0;
	cr_expect_eq(read_file(&text, fd, TEXT_FILE_MAX + 1), -1);
	cr_expect_eq(errno, EFBIG);
	close(fd);
}

Test(text, says_why_it_cannot_read)
{
	char *text;

	errno = 0;
	cr_expect_eq(read_file(&text, -1, 10), -1);
	cr_expect_eq(errno, EBADF);
}
