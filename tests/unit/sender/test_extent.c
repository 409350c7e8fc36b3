/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "sender/extent.h"

enum { MIB = 1024 * 1024 };

/* On a file system that knows holes: data, a hole of 4 MiB, data. */
static int sparse_file(void)
{
	static const char byte = 'x';
	const int fd = open("/var/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);

	cr_assert(fd >= 0);
	cr_assert_eq(pwrite(fd, &byte, 1, 0), 1);
	cr_assert_eq(pwrite(fd, &byte, 1, 4 * MIB), 1);
	cr_assert_eq(ftruncate(fd, 8 * MIB), 0);
	return fd;
}

Test(extent, finds_data_and_passes_over_holes)
{
	const int fd = sparse_file();
	struct extent extent;

	cr_assert(extent_find(&extent, fd, 0, 8 * MIB));
	cr_assert_eq(extent.from, 0);
	cr_assert_lt(extent.to, MIB);
	cr_assert(extent_find(&extent, fd, extent.to, 8 * MIB));
	cr_assert(extent.from > MIB && extent.from <= 4 * MIB && extent.to > 4 * MIB && extent.to < 5 * MIB);
	cr_assert(!extent_find(&extent, fd, extent.to, 8 * MIB));
	cr_assert_lt(extent_sum(fd, 0, 8 * MIB), MIB);
	close(fd);
}

Test(extent, ends_at_the_size_that_it_is_told)
{
	const int fd = sparse_file();
	struct extent extent;

	cr_assert(extent_find(&extent, fd, 0, 1));
	cr_assert_eq(extent.to, 1);
	cr_assert(!extent_find(&extent, fd, 1, 1));
	cr_assert(!extent_find(&extent, fd, 9 * MIB, 10 * MIB));
	cr_assert_eq(extent_sum(fd, 0, 1), 1);
	close(fd);
}

Test(extent, a_pipe_has_data_everywhere)
{
	struct extent extent;
	int pipes[2];

	cr_assert_eq(pipe(pipes), 0);
	cr_assert(extent_find(&extent, pipes[0], 3, 10));
	cr_assert(extent.from == 3 && extent.to == 10);
}

Test(extent, a_run_is_of_zeros_or_of_data)
{
	static unsigned char bytes[4 * EXTENT_GRAIN + 100];
	bool zeros;

	cr_assert_eq(extent_run(bytes, sizeof(bytes), &zeros), sizeof(bytes));
	cr_assert(zeros);
	bytes[2 * EXTENT_GRAIN - 1] = 1;
	cr_assert_eq(extent_run(bytes, sizeof(bytes), &zeros), EXTENT_GRAIN);
	cr_assert(zeros);
	cr_assert_eq(extent_run(bytes + EXTENT_GRAIN, sizeof(bytes) - EXTENT_GRAIN, &zeros), EXTENT_GRAIN);
	cr_assert(!zeros);
	bytes[4 * EXTENT_GRAIN + 99] = 1;
	cr_assert_eq(extent_run(bytes + 4 * EXTENT_GRAIN, 100, &zeros), 100);
	cr_assert(!zeros);
	cr_assert_eq(extent_run(bytes, 1, &zeros), 1);
	cr_assert(zeros);
}
