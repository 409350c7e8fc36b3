/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/landlock.h"
#include "policy/attributes.h"
#include "policy/right.h"

/* The linker puts this in syscall(2)'s place: kernels of each age are asked the same, and nothing is confined. */
static struct {
	uint64_t fs, net, scoped;
} asked;
static size_t asked_size;
static struct landlock_path_beneath_attr rule;
static unsigned rules;

long __wrap_syscall(long number, ...);

long __wrap_syscall(long number, ...)
{
	va_list args;

	va_start(args, number);
	if (number == SYS_landlock_create_ruleset) {
		const void *const attributes = va_arg(args, const void *);

		asked_size = va_arg(args, size_t);
		memset(&asked, 0, sizeof(asked));
		memcpy(&asked, attributes, asked_size);
	} else if (number == SYS_landlock_add_rule) {
		(void)va_arg(args, int);
		cr_assert_eq(va_arg(args, int), LANDLOCK_RULE_PATH_BENEATH);
		memcpy(&rule, va_arg(args, const void *), sizeof(rule));
		rules++;
	} else {
		cr_assert(false, "system call %ld", number);
	}
	va_end(args);
	return 7;
}

/* What a kernel of each ABI knows: linux/landlock.h. Nothing that it knows may be left to whoever is confined. */
static const struct {
	int abi;
	uint64_t fs, net, scoped;
} known[] = {
	{ 1, 0x1fff, 0, 0 },
	{ 2, 0x3fff, 0, 0 }, /* refer */
	{ 3, 0x7fff, 0, 0 }, /* truncate */
	{ 4, 0x7fff, 3, 0 }, /* TCP: bind and connect */
	{ 5, 0xffff, 3, 0 }, /* ioctl of devices */
	{ 6, 0xffff, 3, 3 }, /* abstract sockets and signals */
	{ 7, 0xffff, 3, 3 },
	{ 8, 0xffff, 3, 3 },
	{ 9, 0x1ffff, 3, 3 }, /* connect to sockets by path */
	{ 100, 0x1ffff, 3, 3 },
};

Test(landlock, handles_all_that_the_kernel_knows)
{
	for (size_t i = 0; i < N_ELEMENTS(known); i++) {
		cr_assert_eq(landlock_begin(known[i].abi, false), 7);
		cr_expect_eq(asked_size, sizeof(asked));
		cr_expect_eq(asked.fs, known[i].fs, "ABI %d", known[i].abi);
		cr_expect_eq(asked.net, known[i].net, "ABI %d", known[i].abi);
		cr_expect_eq(asked.scoped, known[i].scoped, "ABI %d", known[i].abi);
	}
}

Test(landlock, lets_who_may_signal_do_nothing_else)
{
	for (size_t i = 0; i < N_ELEMENTS(known); i++) {
		cr_assert_eq(landlock_begin(known[i].abi, true), 7);
		cr_expect_eq(asked.fs, known[i].fs);
		cr_expect_eq(asked.net, known[i].net);
		cr_expect_eq(asked.scoped, known[i].scoped & 1, "ABI %d", known[i].abi);
	}
}

Test(landlock, grants_a_directory_what_is_asked_for_and_the_kernel_knows)
{
	const unsigned rights = RIGHT_READ_FILE | RIGHT_READ_DIR | RIGHT_TRUNCATE;
	const int fd = open("/", O_PATH | O_DIRECTORY);

	for (size_t i = 0; i < N_ELEMENTS(known); i++) {
		cr_assert_eq(landlock_grant(5, known[i].abi, fd, rights), 7);
		cr_expect_eq(rule.parent_fd, fd);
		cr_expect_eq(rule.allowed_access, rights & known[i].fs, "ABI %d", known[i].abi);
	}
	close(fd);
}

/* The kernel refuses a rule with rights of directories on a file. */
Test(landlock, grants_a_file_what_makes_sense_there)
{
	const int fd = open("/etc/passwd", O_PATH);

	cr_assert_eq(
		landlock_grant(5, 7, fd, RIGHT_READ_FILE | RIGHT_READ_DIR | RIGHT_MAKE_REG | RIGHT_REMOVE_FILE), 7);
	cr_expect_eq(rule.allowed_access, RIGHT_READ_FILE);
	cr_assert_eq(landlock_grant(5, 7, fd, RIGHT_EXECUTE | RIGHT_WRITE_FILE | RIGHT_TRUNCATE), 7);
	cr_expect_eq(rule.allowed_access, (uint64_t)(RIGHT_EXECUTE | RIGHT_WRITE_FILE | RIGHT_TRUNCATE));
	rules = 0;
	cr_expect_eq(landlock_grant(5, 7, fd, RIGHT_READ_DIR | RIGHT_MAKE_DIR), 0);
	cr_expect_eq(rules, 0);
	close(fd);
}
