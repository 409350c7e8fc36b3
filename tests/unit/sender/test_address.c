/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>

#include "sender/address.h"

static enum address_error host_error(const char *text)
{
	struct host host;

	return host_parse(&host, text);
}

static enum address_error address_error(const char *text)
{
	struct address address;

	return address_parse(&address, text);
}

Test(address, takes_names_and_addresses)
{
	static const struct {
		const char *text, *login, *prefix;
	} rows[] = {
		{ "node-1", "node-1", "node-1" },
		{ "node_1.example.org", "node_1.example.org", "node_1.example.org" },
		{ "192.0.2.1", "192.0.2.1", "192.0.2.1" },
		{ "::1", "::1", "[::1]" },
		{ "[::1]", "::1", "[::1]" },
		{ "fe80::1%eth0", "fe80::1%eth0", "[fe80::1%eth0]" },
		{ "nova@node", "nova@node", "nova@node" },
		{ "nova@2001:db8::1", "nova@2001:db8::1", "nova@[2001:db8::1]" },
		{ "nova@[2001:db8::1]", "nova@2001:db8::1", "nova@[2001:db8::1]" },
	};
	char text[ADDRESS_LOGIN_MAX];
	struct host host;

	for (size_t i = 0; i < N_ELEMENTS(rows); i++) {
		cr_assert_eq(host_parse(&host, rows[i].text), ADDRESS_OK, "%s", rows[i].text);
		host_login(text, &host);
		cr_expect_str_eq(text, rows[i].login);
		host_prefix(text, &host);
		cr_expect_str_eq(text, rows[i].prefix);
	}
}

Test(address, refuses_what_is_no_host)
{
	static const struct {
		const char *text;
		enum address_error error;
	} rows[] = {
		{ "", ADDRESS_EMPTY },
		{ "nova@", ADDRESS_EMPTY },
		{ "[]", ADDRESS_EMPTY },
		{ "@node", ADDRESS_BAD_USER },
		{ "no va@node", ADDRESS_BAD_USER },
		{ "-oProxyCommand=id", ADDRESS_LEADING_DASH },
		{ "-l@node", ADDRESS_LEADING_DASH },
		{ "nova@-node", ADDRESS_LEADING_DASH },
		{ "[-::1]", ADDRESS_LEADING_DASH },
		{ "a b", ADDRESS_BAD_HOST },
		{ "a\nb", ADDRESS_BAD_HOST },
		{ "a\tb", ADDRESS_BAD_HOST },
		{ "a\x1b", ADDRESS_BAD_HOST },
		{ "ssh://node", ADDRESS_BAD_HOST },
		{ "node:22", ADDRESS_BAD_HOST },
		{ "a@b@c", ADDRESS_BAD_HOST },
		{ "[node]", ADDRESS_BAD_HOST },
		{ "[::1", ADDRESS_BAD_HOST },
		{ "::1]", ADDRESS_BAD_HOST },
		{ "::g", ADDRESS_BAD_HOST },
		{ "fe80::1%", ADDRESS_BAD_HOST },
		{ "fe80::1%-x", ADDRESS_BAD_HOST },
		{ "fe80::1%a b", ADDRESS_BAD_HOST },
		{ "$(id)", ADDRESS_BAD_HOST },
		{ "`id`", ADDRESS_BAD_HOST },
		{ "h%h", ADDRESS_BAD_HOST },
		{ "n\xc3\xb6", ADDRESS_BAD_HOST },
	};

	for (size_t i = 0; i < N_ELEMENTS(rows); i++)
		cr_expect_eq(host_error(rows[i].text), rows[i].error, "%s: %d", rows[i].text, host_error(rows[i].text));
}

Test(address, refuses_what_is_too_long)
{
	char name[ADDRESS_NAME_MAX + 1], path[ADDRESS_PATH_MAX + 1];

	memset(name, 'a', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	cr_expect_eq(host_error(name), ADDRESS_TOO_LONG);
	cr_expect_eq(host_error(name + 1), ADDRESS_OK);
	memset(path, 'a', sizeof(path) - 1);
	path[sizeof(path) - 1] = '\0';
	path[0] = path[1] = '/';
	cr_expect_eq(remote_path_check(path), ADDRESS_TOO_LONG);
	cr_expect_eq(remote_path_check(path + 1), ADDRESS_OK);
}

Test(address, takes_a_host_and_a_path)
{
	struct address address;

	cr_assert_eq(address_parse(&address, "nova@[::1]:/var/lib/nova"), ADDRESS_OK);
	cr_expect_str_eq(address.host.user, "nova");
	cr_expect_str_eq(address.host.name, "::1");
	cr_expect(address.host.ipv6);
	cr_expect_str_eq(address.path, "/var/lib/nova");
	cr_assert_eq(address_parse(&address, "node:/a:/b"), ADDRESS_OK);
	cr_expect_str_eq(address.path, "/a:/b");
}

Test(address, refuses_a_path_that_is_not_plain)
{
	static const struct {
		const char *text;
		enum address_error error;
	} rows[] = {
		{ "node", ADDRESS_BAD_HOST },
		{ "node:", ADDRESS_NOT_ABSOLUTE },
		{ "node:x", ADDRESS_NOT_ABSOLUTE },
		{ "node:-rf", ADDRESS_NOT_ABSOLUTE },
		{ ":/x", ADDRESS_EMPTY },
		{ "::1:/x", ADDRESS_BARE_IPV6 },
		{ "node:/", ADDRESS_BAD_PATH_NAME },
		{ "node:/x/", ADDRESS_BAD_PATH_NAME },
		{ "node:/x//y", ADDRESS_BAD_PATH_NAME },
		{ "node:/./x", ADDRESS_BAD_PATH_NAME },
		{ "node:/x/..", ADDRESS_BAD_PATH_NAME },
		{ "node:/x/../y", ADDRESS_BAD_PATH_NAME },
		{ "node:/x y", ADDRESS_BAD_PATH_BYTE },
		{ "node:/x;id", ADDRESS_BAD_PATH_BYTE },
		{ "node:/x\ny", ADDRESS_BAD_PATH_BYTE },
		{ "node:/*", ADDRESS_BAD_PATH_BYTE },
		{ "node:/~x", ADDRESS_BAD_PATH_BYTE },
		{ "node:/x\\y", ADDRESS_BAD_PATH_BYTE },
		{ "node:/x\xff", ADDRESS_BAD_PATH_BYTE },
	};

	for (size_t i = 0; i < N_ELEMENTS(rows); i++)
		cr_expect_eq(address_error(rows[i].text), rows[i].error, "%s: %d", rows[i].text,
			address_error(rows[i].text));
	cr_expect_eq(remote_path_check("/..x/.y/..."), ADDRESS_OK);
	cr_expect_eq(remote_path_check(""), ADDRESS_EMPTY);
}

Test(address, lets_the_only_paths_pass_that_a_word_on_the_wire_can_hold)
{
	char path[] = "/x?";

	for (int byte = 1; byte < 256; byte++) {
		path[2] = (char)byte;
		if (byte == '/')
			continue;
		cr_expect_eq(remote_path_check(path) == ADDRESS_OK,
			strchr("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._:=,@+-", byte) != NULL,
			"byte %d", byte);
	}
}

Test(address, joins_a_directory_and_a_name_to_a_path_or_to_none)
{
	char out[ADDRESS_PATH_MAX], name[ADDRESS_PATH_MAX];

	cr_expect(remote_path_join(out, "/i/u", "disk"));
	cr_expect_str_eq(out, "/i/u/disk");
	cr_expect_not(remote_path_join(out, "/i/u", "a b"));
	cr_expect_not(remote_path_join(out, "/i/u", ".."));
	cr_expect_not(remote_path_join(out, "/i/u", ""));
	memset(name, 'x', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	cr_expect_not(remote_path_join(out, "/i", name));
	name[ADDRESS_PATH_MAX - 1 - strlen("/i/")] = '\0';
	cr_expect(remote_path_join(out, "/i", name));
}

Test(address, tells_local_from_remote_as_scp_does)
{
	static const char *const remote[] = { "node:/x", "node:x", "nova@node:/x", "[::1]:/x", "nova@[::1]:/x",
		"::1:/x", ".nova@[::1]:/x", ".nova@node:/x" };
	static const char *const local[] = { "x", "/x", "./x", "/x:y", "./x:y", "x/y:z", "../x:y", "", "./x@[::1]:/y",
		"[a/b]:/x", ":/x" };

	for (size_t i = 0; i < N_ELEMENTS(remote); i++)
		cr_expect_eq(address_is_remote(remote[i]), strcmp(remote[i], "::1:/x") != 0, "%s", remote[i]);
	for (size_t i = 0; i < N_ELEMENTS(local); i++)
		cr_expect_not(address_is_remote(local[i]), "%s", local[i]);
}

Test(address, has_a_text_for_each_error)
{
	for (enum address_error error = ADDRESS_OK; error <= ADDRESS_BAD_PATH_NAME; error++)
		cr_expect_str_neq(address_error_text(error), "unknown fault");
}
