/* SPDX-License-Identifier: Apache-2.0 */
/* directory: its names, and none of a directory that another process deletes meanwhile. */
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/directory.h"

static char path[] = "/tmp/directory-XXXXXX"; /* Criterion runs each test in a process of its own */

/* Opens a new directory with count files, named by numbers. */
static int directory_make(unsigned count)
{
	int fd;

	cr_assert_not_null(mkdtemp(path));
	fd = open(path, O_RDONLY | O_DIRECTORY);
	cr_assert_geq(fd, 0);
	for (unsigned i = 0; i < count; i++) {
		char name[16];

		snprintf(name, sizeof(name), "%u", i);
		cr_assert_eq(mknodat(fd, name, S_IFREG | 0600, 0), 0);
	}
	return fd;
}

static void directory_delete(int fd, unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		char name[16];

		snprintf(name, sizeof(name), "%u", i);
		cr_assert_eq(unlinkat(fd, name, 0), 0);
	}
	cr_assert_eq(rmdir(path), 0);
}

Test(directory, gives_each_name_once_and_no_dots)
{
	enum { COUNT = 500 }; /* more than the buffer holds */
	const int fd = directory_make(COUNT);
	bool seen[COUNT] = { false };
	const struct dirent64 *entry;
	struct directory names;
	unsigned given = 0;
	int more;

	directory_begin(&names, fd);
	while ((more = directory_next(&names, &entry)) == 1) {
		const unsigned long number = strtoul(entry->d_name, NULL, 10);

		cr_assert_neq(entry->d_name[0], '.');
		cr_assert_lt(number, (unsigned long)COUNT);
		cr_expect_not(seen[number]);
		seen[number] = true;
		given++;
	}
	cr_expect_eq(more, 0);
	cr_expect_eq(given, (unsigned)COUNT);
	directory_delete(fd, COUNT);
	close(fd);
}

Test(directory, has_no_name_once_it_is_deleted)
{
	const int fd = directory_make(0);
	const struct dirent64 *entry;
	struct directory names;

	directory_begin(&names, fd);
	directory_delete(fd, 0);
	cr_expect_eq(directory_next(&names, &entry), 0);
	close(fd);
}

Test(directory, ends_where_it_was_deleted)
{
	enum { COUNT = 500 };
	const int fd = directory_make(COUNT);
	const struct dirent64 *entry;
	struct directory names;
	int more;

	directory_begin(&names, fd);
	cr_expect_eq(directory_next(&names, &entry), 1);
	directory_delete(fd, COUNT);
	while ((more = directory_next(&names, &entry)) == 1)
		;
	cr_expect_eq(more, 0);
	close(fd);
}

Test(directory, fails_for_what_is_no_directory)
{
	const int fd = open("/dev/null", O_RDONLY);
	const struct dirent64 *entry;
	struct directory names;

	directory_begin(&names, fd);
	cr_expect_eq(directory_next(&names, &entry), -1);
	cr_expect_eq(errno, ENOTDIR);
	close(fd);
}
