/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>
#include <string.h>

#include "policy/xdr.h"

static struct xdr xdr_of(const char *bytes, size_t len)
{
	return (struct xdr){ { bytes, len }, false };
}

#define XDR(text) xdr_of(text, sizeof(text) - 1)

Test(xdr, reads_numbers_from_the_highest_byte)
{
	struct xdr xdr = XDR("\1\2\3\4\0\0\0\1\377\377\377\377");

	cr_expect_eq(xdr_uint(&xdr), 0x01020304);
	cr_expect_not(xdr_is_done(&xdr));
	cr_expect_eq(xdr_hyper(&xdr), UINT64_C(0x1ffffffff));
	cr_expect(xdr_is_done(&xdr));
}

/* Whatever comes behind is not to be read out of its place. */
Test(xdr, stays_spoiled)
{
	struct xdr xdr = XDR("\0\0\0\7\0\0\0\1");

	xdr.rest.len = 3;
	cr_expect_eq(xdr_uint(&xdr), 0);
	xdr.rest.len = 8;
	cr_expect_eq(xdr_uint(&xdr), 0);
	cr_expect_eq(xdr_hyper(&xdr), 0);
	cr_expect_eq(xdr_opaque(&xdr, 8).len, 0);
	cr_expect_not(xdr_is_done(&xdr));
	xdr.rest.len = 0;
	cr_expect_not(xdr_is_done(&xdr));
}

Test(xdr, reads_no_half_of_a_hyper)
{
	struct xdr xdr = XDR("\0\0\0\1\0\0\0");

	cr_expect_eq(xdr_hyper(&xdr), UINT64_C(1) << 32);
	cr_expect_not(xdr_is_done(&xdr));
}

Test(xdr, reads_bytes_of_a_length_that_is_known)
{
	struct xdr xdr = XDR("abcd\0\0\0\1abc");

	cr_expect(bytes_equal(xdr_fixed(&xdr, 4), bytes_of("abcd")));
	cr_expect_eq(xdr_uint(&xdr), 1);
	cr_expect_eq(xdr_fixed(&xdr, 4).len, 0);
	cr_expect_not(xdr_is_done(&xdr));
}

Test(xdr, reads_bytes_with_their_padding)
{
	struct xdr xdr = XDR("\0\0\0\0\0\0\0\1a\0\0\0\0\0\0\4abcd\0\0\0\2\0\1\0\0");
	struct bytes bytes = xdr_opaque(&xdr, 4);

	cr_expect_eq(bytes.len, 0);
	bytes = xdr_opaque(&xdr, 4);
	cr_expect(bytes_equal(bytes, bytes_of("a")));
	bytes = xdr_opaque(&xdr, 4);
	cr_expect(bytes_equal(bytes, bytes_of("abcd")));
	bytes = xdr_opaque(&xdr, 4);
	cr_expect(bytes.len == 2 && bytes.at[0] == '\0' && bytes.at[1] == '\1');
	cr_expect(xdr_is_done(&xdr));
}

static bool is_refused(struct xdr xdr, size_t most)
{
	const struct bytes bytes = xdr_opaque(&xdr, most);

	return bytes.len == 0 && bytes.at != NULL && xdr.spoiled && !xdr_is_done(&xdr);
}

Test(xdr, refuses_bytes_that_are_not_whole)
{
	cr_expect(is_refused(XDR("\0\0\0"), 8), "the length");
	cr_expect(is_refused(XDR("\0\0\0\4abc"), 8), "the bytes");
	cr_expect(is_refused(XDR("\0\0\0\3abc"), 8), "the padding");
	cr_expect(is_refused(XDR("\0\0\0\2ab\0"), 8), "some of the padding");
	cr_expect(is_refused(XDR("\377\377\377\377abcd"), SIZE_MAX), "a length that overflows");
}

Test(xdr, refuses_padding_that_is_not_zero)
{
	cr_expect(is_refused(XDR("\0\0\0\3abc\1"), 8));
	cr_expect(is_refused(XDR("\0\0\0\1a\1\0\0"), 8), "the first");
	cr_expect(is_refused(XDR("\0\0\0\1a\0\1\0"), 8), "one between");
	cr_expect(is_refused(XDR("\0\0\0\1a\0\0\1"), 8), "the last");
}

Test(xdr, refuses_more_than_the_most)
{
	cr_expect(is_refused(XDR("\0\0\0\5abcde\0\0\0"), 4));
	cr_expect_not(is_refused(XDR("\0\0\0\5abcde\0\0\0"), 5));
	cr_expect(is_refused(XDR("\0\0\0\1a\0\0\0"), 0));
}

Test(xdr, reads_no_string_with_a_nul)
{
	struct xdr good = XDR("\0\0\0\2ab\0\0"), nul = XDR("\0\0\0\2a\0\0\0"), none = XDR("\0\0\0\0");
	struct bytes text = xdr_string(&good, 8);

	cr_expect(bytes_equal(text, bytes_of("ab")));
	cr_expect(xdr_is_done(&good));
	text = xdr_string(&nul, 8);
	cr_expect(text.len == 0 && text.at != NULL && nul.spoiled);
	text = xdr_string(&none, 8);
	cr_expect(text.len == 0 && xdr_is_done(&none));
}
