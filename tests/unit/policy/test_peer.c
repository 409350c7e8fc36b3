/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>

#include "policy/attributes.h"
#include "policy/peer.h"

static const char *parse(const char *text)
{
	static char out[PEER_MAX + 8];

	memset(out, '#', sizeof(out));
	peer_parse(out, text);
	cr_assert_lt(strnlen(out, PEER_MAX), PEER_MAX);
	for (size_t i = PEER_MAX; i < sizeof(out); i++)
		cr_assert_eq(out[i], '#');
	return out;
}

Test(peer, is_the_canonical_first_address)
{
	static const struct {
		const char *text, *peer;
	} rows[] = {
		{ "192.0.2.7 50000 192.0.2.8 22", "192.0.2.7" },
		{ "2001:db8::1 50000 2001:db8::2 22", "2001:db8::1" },
		{ "2001:0DB8:0:0:0:0:0:1 50000 ::1 22", "2001:db8::1" },
		{ "::1 1 ::1 22", "::1" },
		{ "fe80::1%eth0 50000 fe80::2%eth0 22", "fe80::1%eth0" },
		{ "FE80::1%br-ex.1_a 1 x 2", "fe80::1%br-ex.1_a" },
		{ "127.0.0.1 ", "127.0.0.1" },
	};

	for (size_t i = 0; i < N_ELEMENTS(rows); i++)
		cr_assert_str_eq(parse(rows[i].text), rows[i].peer, "%s", rows[i].text);
}

Test(peer, is_a_dash_for_anything_else)
{
	static const char *const rows[] = { "", " ", "UNKNOWN 65535 UNKNOWN 65535", "192.0.2.7", "::1",
		" 192.0.2.7 1 2 3", "192.0.2.7\t1 2 3", "192.0.2.7\n1 2 3", "192.0.2.256 1 2 3", "192.0.2 1 2 3",
		"192.0.2.7. 1 2 3", "192.0.2.07 1 2 3", "0192.0.2.7 1 2 3", "00.0.0.1 1 2 3", "0x7f.0.0.1 1 2 3",
		"192.0.2.07x 1 2 3", "1 2 3 4", "192.0.2.7%eth0 1 2 3", "fe80::1% 1 2 3", "fe80::1%%eth0 1 2 3",
		"fe80::1%e/th 1 2 3", "fe80::1%e=th 1 2 3", "fe80::1%\"x 1 2 3", "fe80::1%e\nx 1 2 3", "[::1] 1 2 3",
		":::1 1 2 3", "::1::2 1 2 3", "host.example 1 2 3", "%eth0 1 2 3", "% 1 2 3", "\xff\xfe 1 2 3",
		"- 1 2 3" };

	cr_assert_str_eq(parse(NULL), "-");
	for (size_t i = 0; i < N_ELEMENTS(rows); i++)
		cr_assert_str_eq(parse(rows[i]), "-", "%s", rows[i]);
}

Test(peer, fits_its_buffer_or_is_a_dash)
{
	static const char *const addresses[] = { "fe80::1", "fe80:1111:2222:3333:4444:5555:6666:7777" };

	for (size_t i = 0; i < N_ELEMENTS(addresses); i++) {
		for (size_t zone = 1; zone < 200; zone++) {
			char text[400] = "", expected[400] = "";
			size_t len;

			strcat(strcat(expected, addresses[i]), "%");
			len = strlen(expected) + zone;
			memset(expected + len - zone, 'z', zone);
			expected[len] = '\0';
			strcat(strcat(text, expected), " 1 2 3");
			cr_assert_str_eq(parse(text), len < PEER_MAX ? expected : "-");
		}
	}
}

/* Short as read, long as written: the canonical form and the zone together must fit too. */
Test(peer, that_grows_in_its_canonical_form_is_a_dash)
{
	for (size_t zone = 1; zone < PEER_MAX; zone++) {
		char text[400] = "::ffff:c0a8:6464%";
		const size_t at = strlen(text);
		const char *out;

		memset(text + at, 'z', zone);
		strcpy(text + at + zone, " 1 2 3");
		out = parse(text);
		cr_assert_eq(strcmp(out, "-") == 0,
			at + zone >= PEER_MAX || strlen("::ffff:192.168.100.100%") + zone >= PEER_MAX);
	}
}

Test(peer, of_a_text_is_the_same_address_or_none)
{
	static const struct {
		const char *text, *peer;
	} rows[] = {
		{ "192.0.2.7", "192.0.2.7" },
		{ "2001:0DB8::0001", "2001:db8::1" },
		{ "fe80::1%eth0", "fe80::1%eth0" },
		{ "", NULL },
		{ "192.0.2.7 ", NULL },
		{ " ::1", NULL },
		{ "-", NULL },
		{ "host", NULL },
		{ "192.0.2.7%eth0", NULL },
	};
	char out[PEER_MAX];

	for (size_t i = 0; i < N_ELEMENTS(rows); i++) {
		cr_assert_eq(peer_canonical(out, rows[i].text), rows[i].peer != NULL, "%s", rows[i].text);
		if (rows[i].peer != NULL)
			cr_expect_str_eq(out, rows[i].peer);
	}
	for (size_t zone = 1; zone < 200; zone++) {
		char text[400] = "fe80::1%";
		const size_t len = strlen(text) + zone;

		memset(text + strlen(text), 'z', zone);
		cr_expect_eq(peer_canonical(out, text), len < PEER_MAX, "%zu", zone);
	}
}

static const char *network(const char *peer)
{
	static char out[PEER_MAX + 8];

	memset(out, '#', sizeof(out));
	peer_network(out, peer);
	cr_assert_lt(strnlen(out, PEER_MAX), PEER_MAX);
	for (size_t i = PEER_MAX; i < sizeof(out); i++)
		cr_assert_eq(out[i], '#');
	return out;
}

Test(peer, is_counted_by_its_network)
{
	static const struct {
		const char *peer, *network;
	} rows[] = {
		{ "192.0.2.7", "192.0.2.7" },
		{ "::ffff:192.0.2.7", "192.0.2.7" },
		{ "2001:db8:1:2:3:4:5:6", "2001:db8:1:2::" },
		{ "2001:db8:1:2:ffff:ffff:ffff:ffff", "2001:db8:1:2::" },
		{ "2001:db8:1:2::", "2001:db8:1:2::" },
		{ "2001:db8:1:3::1", "2001:db8:1:3::" },
		{ "2001:db8:1:2", "-" },
		{ "::1", "::" },
		{ "::192.0.2.7", "::" },
		{ "fe80::1%eth0", "fe80::%eth0" },
		{ "fe80::2%eth0", "fe80::%eth0" },
		{ "fe80::2%eth1", "fe80::%eth1" },
		{ "192.0.2.7%eth0", "-" },
		{ "-", "-" },
		{ "", "-" },
		{ "%", "-" },
	};

	for (size_t i = 0; i < N_ELEMENTS(rows); i++)
		cr_expect_str_eq(network(rows[i].peer), rows[i].network, "%s", rows[i].peer);
}

Test(peer, has_a_network_that_fits_its_buffer)
{
	for (size_t zone = 1; zone < 200; zone++) {
		char text[400] = "fe80::1%";

		memset(text + strlen(text), 'z', zone);
		if (strlen("fe80::%") + zone < PEER_MAX)
			cr_expect_eq(strlen(network(text)), strlen("fe80::%") + zone);
		else
			cr_expect_str_eq(network(text), "-");
	}
}
