/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "sender/pace.h"

/* In place of libc's. */
static char logged[1024];

void __syslog_chk(int priority, int flag, const char *format, ...);
void syslog(int priority, const char *format, ...)
{
	va_list args;

	(void)priority;
	va_start(args, format);
	vsnprintf(logged, sizeof(logged), format, args);
	va_end(args);
}

void __syslog_chk(int priority, int flag, const char *format, ...)
{
	va_list args;

	(void)priority;
	(void)flag;
	va_start(args, format);
	vsnprintf(logged, sizeof(logged), format, args);
	va_end(args);
}

Test(pace, amounts_are_read_aloud)
{
	static const struct {
		double bytes;
		const char *text;
	} rows[] = { { 0, "0 B" }, { 1023, "1023 B" }, { 1536, "1.5 KiB" }, { 64.0 * 1024 * 1024, "64.0 MiB" },
		{ 5e15, "4547.5 TiB" } };

	for (size_t i = 0; i < N_ELEMENTS(rows); i++) {
		char text[PACE_AMOUNT_MAX];

		pace_amount(text, rows[i].bytes);
		cr_assert_str_eq(text, rows[i].text);
	}
}

Test(pace, a_line_says_how_far_it_is)
{
	pace_log("/i/u/disk", "node2", &(struct pace){ .done = 256 << 20, .total = 1024 << 20, .ms = 4000 });
	cr_assert_str_eq(logged, "node2:/i/u/disk: 25 %, 256.0 MiB, 64.0 MiB/s, 00:00:12 left");
	pace_log("/i/u/disk", "node2", &(struct pace){ .done = 256 << 20, .ms = 4000 });
	cr_assert_str_eq(logged, "node2:/i/u/disk: 256.0 MiB, 64.0 MiB/s");
	pace_log("/i/u/disk", "node2", &(struct pace){ .total = 5 });
	cr_assert_str_eq(logged, "node2:/i/u/disk: 0 %, 0 B, 0 B/s, unknown left");
}

Test(pace, one_line_says_what_it_came_to)
{
	pace_log_end("/i/u/disk", "node2", &(struct pace_sum){ 1, 64 << 20, UINT64_C(4032) << 20, 2000 });
	cr_assert_str_eq(logged, "node2:/i/u/disk: 1 file, 64.0 MiB of data, 3.9 GiB of holes, 2.0 s, 32.0 MiB/s");
}

Test(pace, a_name_forges_no_line)
{
	pace_log("/i/\n\033[2J/disk", "node2", &(struct pace){ .ms = 1 });
	cr_assert(strstr(logged, "\n") == NULL && strstr(logged, "\033") == NULL);
	cr_assert(strstr(logged, "\\x1b[2J") != NULL);
}
