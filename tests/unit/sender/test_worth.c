/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "sender/nova_path/worth.h"

enum { LEN = 64 * 1024, MIB = 1024 * 1024 };

static unsigned char bytes[MIB];

static bool judge_file(size_t data, off_t size)
{
	char path[] = "/var/tmp/test-worth.XXXXXX";
	const int fd = mkstemp(path);
	bool worth;

	cr_assert(fd >= 0);
	cr_assert_eq(pwrite(fd, bytes, data, size / 2), (ssize_t)data);
	cr_assert_eq(ftruncate(fd, size), 0);
	worth = worth_compressing(path);
	close(fd);
	unlink(path);
	return worth;
}

static void fill_random(void)
{
	for (size_t at = 0; at < sizeof(bytes); at += 256)
		cr_assert_eq(getrandom(bytes + at, 256, 0), 256);
}

static void fill_text(void)
{
	for (size_t at = 0; at < sizeof(bytes); at++)
		bytes[at] = (unsigned char)"a line of some log, and another one of it\n"[at % 42];
}

Test(worth, random_bytes_are_even_and_text_is_not)
{
	fill_random();
	cr_assert(worth_is_even(bytes, LEN));
	fill_text();
	cr_assert(!worth_is_even(bytes, LEN));
	memset(bytes, 0, LEN);
	cr_assert(!worth_is_even(bytes, LEN));
}

Test(worth, every_fifth_byte_known_is_a_pattern)
{
	fill_random();
	for (size_t at = 0; at < LEN; at += 5)
		bytes[at] = 0;
	cr_assert(!worth_is_even(bytes, LEN));
}

Test(worth, it_is_what_is_in_the_file_that_counts)
{
	fill_random();
	cr_assert(!judge_file(MIB, 64 * MIB));
	fill_text();
	cr_assert(judge_file(MIB, 64 * MIB));
}

Test(worth, few_bytes_and_none_are_not_worth_a_connection)
{
	fill_text();
	cr_assert(!judge_file(1000, 1000000));
	memset(bytes, 0, sizeof(bytes));
	cr_assert(!judge_file(MIB, 64 * MIB));
	cr_assert(worth_compressing("/nonexistent"));
}
