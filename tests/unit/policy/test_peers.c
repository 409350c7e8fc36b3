/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>

#include <stdio.h>
#include <stdlib.h>

#include "policy/attributes.h"
#include "policy/peers.h"

/* Uses a copy without a NUL, so that a sanitizer sees a read past its end. */
static bool find(char out[PEER_MAX], struct peers_fault *fault, const char *text, const char *address)
{
	const size_t len = strlen(text);
	char *const copy = malloc(len == 0 ? 1 : len);
	bool found;

	memcpy(copy, text, len);
	memset(out, '#', PEER_MAX);
	found = peers_find(out, fault, (struct bytes){ copy, len }, address);
	free(copy);
	cr_assert_eq(found, fault->error == PEERS_OK);
	return found;
}

Test(peers, have_the_name_of_the_line_that_has_the_address)
{
	static const char file[] =
		"# nodes\n\n  \t\nnode1 192.0.2.1 2001:db8::1\n\tnode-2.example\t192.0.2.2  fe80::2%eth0 # two\n"
		"Node_3 2001:0DB8::0003#not-a-comment\n";
	static const struct {
		const char *address, *name;
	} rows[] = {
		{ "192.0.2.1", "node1" },
		{ "2001:db8::1", "node1" },
		{ "192.0.2.2", "node-2.example" },
		{ "fe80::2%eth0", "node-2.example" },
		{ "fe80::2", "" },
		{ "192.0.2.3", "" },
		{ "-", "" },
	};
	char name[PEER_MAX], good[sizeof(file)];
	struct peers_fault fault;

	cr_expect_not(find(name, &fault, file, "192.0.2.1"));
	cr_expect_eq(fault.error, PEERS_BAD_ADDRESS);
	cr_expect_eq(fault.line, 6);
	strcpy(good, file);
	strcpy(strstr(good, "#not"), "\n");
	for (size_t i = 0; i < N_ELEMENTS(rows); i++) {
		cr_assert(find(name, &fault, good, rows[i].address), "%s", rows[i].address);
		cr_expect_str_eq(name, rows[i].name, "%s", rows[i].address);
	}
	cr_assert(find(name, &fault, good, "2001:db8::3"));
	cr_expect_str_eq(name, "Node_3");
	cr_assert(find(name, &fault, "", "192.0.2.1"));
	cr_assert(find(name, &fault, "n 192.0.2.1", "192.0.2.1"));
	cr_expect_str_eq(name, "n");
}

Test(peers, are_void_with_one_broken_line)
{
	static const char good[] = "node1 192.0.2.1 2001:db8::1\n";
	static const struct {
		const char *line;
		enum peers_error error;
	} rows[] = {
		{ "node2", PEERS_NO_ADDRESS },
		{ "node2 # 192.0.2.2", PEERS_NO_ADDRESS },
		{ "192.0.2.2 node2", PEERS_BAD_NAME },
		{ "2001:db8::2 node2", PEERS_BAD_NAME },
		{ "-n 192.0.2.2", PEERS_BAD_NAME },
		{ "- 192.0.2.2", PEERS_BAD_NAME },
		{ ".n 192.0.2.2", PEERS_BAD_NAME },
		{ "no/de 192.0.2.2", PEERS_BAD_NAME },
		{ "a=b 192.0.2.2", PEERS_BAD_NAME },
		{ "n# 192.0.2.2", PEERS_BAD_NAME },
		{ "node2 node3", PEERS_BAD_ADDRESS },
		{ "node2 192.0.2.2/24", PEERS_BAD_ADDRESS },
		{ "node2 [2001:db8::2]", PEERS_BAD_ADDRESS },
		{ "node2 192.0.2.2,192.0.2.3", PEERS_BAD_ADDRESS },
		{ "node2 192.0.2.256", PEERS_BAD_ADDRESS },
		{ "node2 192.0.2.2\r", PEERS_BAD_BYTE },
		{ "n\x7f 192.0.2.2", PEERS_BAD_BYTE },
		{ "# \xc3\xa9", PEERS_BAD_BYTE },
		{ "node2 ::1%", PEERS_BAD_ADDRESS },
	};
	char name[PEER_MAX], text[256];
	struct peers_fault fault;

	for (size_t i = 0; i < N_ELEMENTS(rows); i++) {
		for (unsigned before = 0; before <= 1; before++) {
			snprintf(text, sizeof(text), "%s%s\n%s", before ? good : "", rows[i].line, before ? "" : good);
			cr_assert_not(find(name, &fault, text, "192.0.2.1"), "%s", rows[i].line);
			cr_expect_eq(fault.error, rows[i].error, "%s", rows[i].line);
			cr_expect_eq(fault.line, before + 1, "%s", rows[i].line);
			cr_expect_eq(name[0], '#', "*out was written");
		}
	}
}

Test(peers, are_not_told_apart_when_a_name_or_an_address_comes_twice)
{
	static const struct {
		const char *text;
		enum peers_error error;
		unsigned line;
	} rows[] = {
		{ "a 192.0.2.1\nb 192.0.2.2\nc 192.0.2.1\n", PEERS_REPEATED_ADDRESS, 3 },
		{ "a 192.0.2.1 192.0.2.1\n", PEERS_REPEATED_ADDRESS, 1 },
		{ "a 192.0.2.1\na 192.0.2.3\n", PEERS_REPEATED_NAME, 2 },
		{ "a 192.0.2.3\na 192.0.2.1\n", PEERS_REPEATED_NAME, 2 },
		{ "a 2001:db8::1\nb 192.0.2.3\n", PEERS_OK, 0 },
	};
	char name[PEER_MAX];
	struct peers_fault fault;

	for (size_t i = 0; i < N_ELEMENTS(rows); i++) {
		cr_expect_eq(find(name, &fault, rows[i].text, "192.0.2.1"), rows[i].error == PEERS_OK, "%zu", i);
		cr_expect_eq(fault.error, rows[i].error, "%zu", i);
		cr_expect_eq(fault.line, rows[i].line, "%zu", i);
	}
	/* Other addresses are still found. */
	cr_expect(find(name, &fault, "a 192.0.2.1\nb 192.0.2.1\nc 192.0.2.3", "192.0.2.3"));
}

Test(peers, have_names_and_addresses_that_fit_their_buffers)
{
	char name[PEER_MAX], text[400];
	struct peers_fault fault;

	for (size_t len = 1; len < 200; len++) {
		memset(text, 'n', len);
		strcpy(text + len, " 192.0.2.1");
		cr_expect_eq(find(name, &fault, text, "192.0.2.1"), len < PEER_MAX, "%zu", len);
		strcpy(text, "n fe80::1%");
		memset(text + strlen("n fe80::1%"), 'z', len);
		text[strlen("n fe80::1%") + len] = '\0';
		cr_expect_eq(find(name, &fault, text, "192.0.2.1"), strlen("fe80::1%") + len < PEER_MAX, "%zu", len);
	}
}

Test(peers, have_a_text_for_every_error)
{
	for (enum peers_error error = PEERS_OK; error <= PEERS_REPEATED_ADDRESS; error++)
		cr_expect_str_neq(peers_error_text(error), "unknown fault");
	cr_expect_str_eq(peers_error_text(PEERS_REPEATED_ADDRESS + 1), "unknown fault");
}
