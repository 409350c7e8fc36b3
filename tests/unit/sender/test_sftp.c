/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>
#include <string.h>

#include "sender/sftp.h"

#define BYTES(text) (const unsigned char *)(text), sizeof(text) - 1

static const struct sftp_handle handle = { 2, "hh" };

Test(sftp, a_write_says_how_much_follows_it)
{
	static const unsigned char wanted[] = "\0\0\0\x1a\6\0\0\0\7\0\0\0\2hh\0\0\0\1\0\0\0\2\0\0\0\3";
	struct sftp_request request;

	sftp_write_write(&request, &handle, (UINT64_C(1) << 32) + 2, 3);
	sftp_request_number(&request, 7);
	cr_assert_eq(request.used, sizeof(wanted) - 1);
	cr_assert_eq(memcmp(request.bytes, wanted, request.used), 0);
}

Test(sftp, the_greeting_names_our_version)
{
	struct sftp_request request;

	sftp_init_write(&request);
	cr_assert_eq(request.used, 9);
	cr_assert_eq(memcmp(request.bytes, "\0\0\0\5\1\0\0\0\3", 9), 0);
}

Test(sftp, a_path_that_does_not_fit_is_not_cut)
{
	static char path[SFTP_REQUEST_MAX + 1];
	struct sftp_request request;

	memset(path, 'x', SFTP_REQUEST_MAX);
	sftp_path_write(&request, SFTP_STAT, path);
	cr_assert(request.full);
	path[SFTP_PATH_MAX - 1] = '\0';
	sftp_open_write(&request, path, SFTP_OPEN_WRITE, 0644);
	cr_assert(!request.full);
}

Test(sftp, a_packet_has_a_length_that_can_be)
{
	cr_assert_eq(sftp_packet_length(BYTES("\0\0\0")), 0);
	cr_assert_eq(sftp_packet_length(BYTES("\0\0\0\5")), 5);
	cr_assert_eq(sftp_packet_length(BYTES("\0\0\0\4")), -1);
	cr_assert_eq(sftp_packet_length(BYTES("\0\4\0\0")), SFTP_REPLY_MAX);
	cr_assert_eq(sftp_packet_length(BYTES("\0\4\0\1")), -1);
	cr_assert_eq(sftp_packet_length(BYTES("\xff\xff\xff\xff")), -1);
}

Test(sftp, a_reply_ends_where_its_packet_does)
{
	static const struct {
		const char *bytes;
		size_t len;
		bool good;
	} rows[] = {
		{ "\x65\0\0\0\1\0\0\0\3", 9, true },
		{ "\x65\0\0\0\1\0\0\0", 8, false },
		{ "\x66\0\0\0\1\0\0\0\1h", 10, true },
		{ "\x66\0\0\0\1\0\0\0\2h", 10, false },
		{ "\x66\0\0\0\1\0\0\0\1hx", 11, false },
		{ "\x66\0\0\0\1\0\0\0\0", 9, false },
		{ "\x67\0\0\0\1\0\0\0\3abc", 12, true },
		{ "\x67\0\0\0\1\xff\xff\xff\xff", 9, false },
		{ "\x69\0\0\0\1\0\0\0\4\0\0\x81\xa4", 13, true },
		{ "\x69\0\0\0\1\0\0\0\4\0\0\x81", 12, false },
		{ "\x69\0\0\0\1\x80\0\0\0\xff\xff\xff\xff", 13, false },
		{ "\x68\0\0\0\1\0\0\0\0", 9, false },
		{ "\3\0\0\0\1", 5, false },
		{ "", 0, false },
	};

	for (size_t i = 0; i < N_ELEMENTS(rows); i++) {
		struct sftp_reply reply;

		cr_assert_eq(sftp_reply_read(&reply, (const unsigned char *)rows[i].bytes, rows[i].len), rows[i].good,
			"row %zu", i);
	}
}

Test(sftp, an_extension_is_announced_by_its_whole_name)
{
	struct sftp_reply version;

	cr_assert(sftp_reply_read(&version,
		BYTES("\2\0\0\0\3\0\0\0\3abc\0\0\0\1"
		      "1\0\0\0\1x\0\0\0\0")));
	cr_assert_eq(version.id, 3);
	cr_assert(sftp_announces(&version, "abc"));
	cr_assert(sftp_announces(&version, "x"));
	cr_assert(!sftp_announces(&version, "ab"));
	cr_assert(sftp_reply_read(&version,
		BYTES("\2\0\0\0\3\0\0\0\3abc\0\0\0\1"
		      "1\0\0\0\2x")));
	cr_assert(!sftp_announces(&version, "abc"));
}

Test(sftp, limits_are_four_numbers)
{
	struct sftp_limits limits;
	struct sftp_reply reply;

	cr_assert(sftp_reply_read(
		&reply, BYTES("\xc9\0\0\0\1\0\0\0\0\0\0\0\1\0\0\0\0\0\0\0\2\0\0\0\0\0\0\0\3\0\0\0\0\0\0\0\4")));
	cr_assert(sftp_limits_read(&limits, &reply));
	cr_assert(limits.packet == 1 && limits.read == 2 && limits.write == 3 && limits.handles == 4);
	reply.len--;
	cr_assert(!sftp_limits_read(&limits, &reply));
}
