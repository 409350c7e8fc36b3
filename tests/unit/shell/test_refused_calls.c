/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>

#include <fcntl.h>
#include <linux/seccomp.h>
#include <sys/syscall.h>

#include "shell/refused_calls.h"

#define RAW_TMPFILE 020000000

static bool opens(int flags, unsigned mode)
{
	const struct seccomp_data call = { .nr = SYS_openat, .args = { 3, 0, (unsigned)flags, mode } };

	return refused_calls_writes(&call);
}

Test(refused_calls, lets_sftp_server_open_a_file_to_write)
{
	static const int ways[] = {
		O_WRONLY,
		O_RDWR,
		O_WRONLY | O_CREAT,
		O_RDWR | O_CREAT | O_TRUNC,
		O_WRONLY | O_CREAT | O_TRUNC,
		O_WRONLY | O_CREAT | O_EXCL,
		O_WRONLY | O_APPEND,
	};

	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++)
		cr_expect(opens(ways[i], 0666), "%o", ways[i]);
}

Test(refused_calls, lets_nobody_make_a_file_without_a_name_or_with_a_set_id_bit)
{
	static const unsigned modes[] = { 04000, 02000, 06000, 04755, 02755, 0106644 };

	cr_expect_not(opens(O_WRONLY | O_DIRECTORY | RAW_TMPFILE, 0644));
	cr_expect_not(opens(O_RDWR | RAW_TMPFILE, 0644));
	for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++)
		cr_expect_not(opens(O_WRONLY | O_CREAT, modes[i]), "%o", modes[i]);
}

Test(refused_calls, lets_nobody_empty_a_file_that_it_opens_to_read)
{
	cr_expect_not(opens(O_RDONLY | O_TRUNC, 0));
	cr_expect_not(opens(O_ACCMODE | O_TRUNC, 0));
}

Test(refused_calls, reads_no_bits_that_the_kernel_does_not_read)
{
	struct seccomp_data call = { .nr = SYS_openat };

	call.args[2] = 1ull << 32 | O_WRONLY | O_CREAT;
	call.args[3] = 1ull << 32 | 04755;
	cr_expect_not(refused_calls_writes(&call));
	call.args[3] = 1ull << 32 | 0644;
	cr_expect(refused_calls_writes(&call));
}

Test(refused_calls, takes_no_other_call_for_one_that_writes)
{
	for (int number = 0; number < 512; number++) {
		const struct seccomp_data call = { .nr = number, .args = { 0, O_WRONLY, O_WRONLY, 0644 } };
		bool known = number == SYS_openat || number == SYS_mkdirat;

#ifdef SYS_open
		known = known || number == SYS_open || number == SYS_creat || number == SYS_mkdir;
#endif
		cr_expect_eq(refused_calls_writes(&call), known, "call %d", number);
	}
}

/* sftp-server opens /dev/null for writing at every start. */
Test(refused_calls, tells_what_can_make_a_file)
{
	static const struct {
		struct seccomp_data call;
		bool makes;
	} rows[] = {
		{ { .nr = SYS_openat, .args = { 3, 0, O_WRONLY | O_CREAT, 0644 } }, true },
		{ { .nr = SYS_openat, .args = { 3, 0, O_RDWR, 0 } }, false },
		{ { .nr = SYS_openat, .args = { 3, 0, 1ull << 32 | O_RDWR, O_CREAT } }, false },
		{ { .nr = SYS_mkdirat, .args = { 3, 0, 0755 } }, true },
#ifdef SYS_open
		{ { .nr = SYS_open, .args = { 0, O_WRONLY | O_CREAT, 0644 } }, true },
		{ { .nr = SYS_open, .args = { 0, O_WRONLY | O_TRUNC, 0 } }, false },
		{ { .nr = SYS_creat, .args = { 0, 0644 } }, true },
		{ { .nr = SYS_mkdir, .args = { 0, 0755 } }, true },
#endif
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		cr_expect_eq(refused_calls_makes(&rows[i].call), rows[i].makes, "row %zu", i);
}
