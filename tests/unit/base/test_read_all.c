/* SPDX-License-Identifier: Apache-2.0 */
/* read_all: from where a descriptor is, and from an offset. test_read_file.c has what comes in pieces. */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/read_all.h"

static int file_make(const char *bytes)
{
	char name[] = "/tmp/read_all-XXXXXX";
	const int fd = mkstemp(name);

	cr_assert_geq(fd, 0);
	unlink(name);
	cr_assert_eq(write(fd, bytes, strlen(bytes)), (ssize_t)strlen(bytes));
	cr_assert_eq(lseek(fd, 0, SEEK_SET), 0);
	return fd;
}

Test(read_all, goes_on_where_the_descriptor_is)
{
	const int fd = file_make("0123456789");
	char bytes[16];

	cr_expect_eq(read_all(fd, bytes, 4, READ_ON), 4);
	cr_expect_eq(memcmp(bytes, "0123", 4), 0);
	cr_expect_eq(read_all(fd, bytes, sizeof(bytes), READ_ON), 6);
	cr_expect_eq(memcmp(bytes, "456789", 6), 0);
	cr_expect_eq(read_all(fd, bytes, sizeof(bytes), READ_ON), 0);
	close(fd);
}

Test(read_all, reads_from_an_offset_again_and_again)
{
	const int fd = file_make("0123456789");
	char bytes[16];

	for (int i = 0; i < 2; i++) {
		cr_expect_eq(read_all(fd, bytes, sizeof(bytes), 3), 7);
		cr_expect_eq(memcmp(bytes, "3456789", 7), 0);
	}
	cr_expect_eq(lseek(fd, 0, SEEK_CUR), 0);
	cr_expect_eq(read_all(fd, bytes, 2, 0), 2);
	cr_expect_eq(memcmp(bytes, "01", 2), 0);
	cr_expect_eq(read_all(fd, bytes, sizeof(bytes), 10), 0);
	close(fd);
}

Test(read_all, says_why_it_cannot_read)
{
	char bytes[4];

	errno = 0;
	cr_expect_eq(read_all(-1, bytes, sizeof(bytes), READ_ON), -1);
	cr_expect_eq(errno, EBADF);
	errno = 0;
	cr_expect_eq(read_all(-1, bytes, sizeof(bytes), 0), -1);
	cr_expect_eq(errno, EBADF);
}
