/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>

#include "policy/words.h"
#include "tests/unit/policy/random.h"

static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._/:=,@+-";

static enum words_error split(const char *text)
{
	struct words words;

	return words_split(&words, bytes_of(text));
}

Test(words, cut_a_line_at_single_blanks)
{
	static const struct {
		const char *line;
		unsigned count;
		const char *words[WORDS_MAX];
	} rows[] = {
		{ "a", 1, { "a" } },
		{ "touch /x", 2, { "touch", "/x" } },
		{ "a b c d e f g h", 8, { "a", "b", "c", "d", "e", "f", "g", "h" } },
		{ "-rf -- .", 3, { "-rf", "--", "." } },
		{ "._/:=,@+- Zz09", 2, { "._/:=,@+-", "Zz09" } },
	};

	for (size_t i = 0; i < N_ELEMENTS(rows); i++) {
		struct words words;

		cr_assert_eq(words_split(&words, bytes_of(rows[i].line)), WORDS_OK, "%s", rows[i].line);
		cr_assert_eq(words.count, rows[i].count, "%s", rows[i].line);
		for (unsigned w = 0; w < rows[i].count; w++)
			cr_assert_str_eq(words_at(&words, w), rows[i].words[w]);
		cr_assert_str_eq(words_at(&words, words.count), "");
		cr_assert_str_eq(words_at(&words, UINT32_MAX), "");
		cr_assert_eq(words.used, strlen(rows[i].line) + 1);
	}
}

Test(words, allow_their_bytes_and_no_other_at_each_position)
{
	static const char line[] = "mkdir -p /var/lib/x";

	for (size_t at = 0; at < sizeof(line) - 1; at++) {
		for (unsigned byte = 0; byte < 256; byte++) {
			char copy[sizeof(line)];
			struct words words;
			enum words_error error;

			memcpy(copy, line, sizeof(line));
			copy[at] = (char)byte;
			error = words_split(&words, (struct bytes){ copy, sizeof(line) - 1 });
			if (byte == ' ')
				continue;
			if (byte != 0 && strchr(allowed, (int)byte) != NULL)
				cr_assert_eq(error, WORDS_OK, "byte %u at %zu", byte, at);
			else
				cr_assert_eq(error, WORDS_BAD_BYTE, "byte %u at %zu", byte, at);
		}
	}
}

Test(words, refuse_metacharacters_expansion_and_quoting)
{
	static const char *const lines[] = {
		"touch /i/u/x; id",
		"touch /i/u/x;id",
		"touch $(id)",
		"touch `id`",
		"touch /x | id",
		"touch /x|id",
		"touch /x & id",
		"touch /x &",
		"touch /x && id",
		"touch /x || id",
		"touch /x > /y",
		"touch /x >/y",
		"touch < /x",
		"touch /x\nid",
		"touch /x\r",
		"touch /x\n",
		"\ntouch /x",
		"touch /x\x1b[2J",
		"touch /x #",
		"#touch /x",
		"touch\t/x",
		"touch /x\v",
		"touch /x\f",
		"rm -rf /i/*",
		"rm -rf /i/?",
		"rm -rf /i/[a-z]",
		"rm ~/x",
		"rm ~root/x",
		"rm $HOME/x",
		"rm ${HOME}/x",
		"touch /{a,b}",
		"r''m /x",
		"\"rm\" /x",
		"'rm' /x",
		"\\rm /x",
		"rm \"/x",
		"rm '/x",
		"rm /x\\\n/y",
		"rm /x\\",
		"touch !x",
		"touch %n",
		"touch /x^",
		"(id)",
		"touch /caf\xc3\xa9",
		"touch /\xff\xfe",
		"touch /\xed\xa0\x80",
		"touch /\xc0\xaf",
		"touch /\xf0\x9f\x92\xa9",
		"\xef\xbb\xbftouch /x",
		"touch /x\x7f",
		"touch \xc2\xa0/x",
		"touch /\xe2\x80\xae",
		"() { :;}",
		"FOO=$(id) rm /x",
	};

	for (size_t i = 0; i < N_ELEMENTS(lines); i++)
		cr_assert_eq(split(lines[i]), WORDS_BAD_BYTE, "%s", lines[i]);
}

/* Recorded from virsh 9.0.0, by an ssh that logs its command: proxy=auto, native and netcat, read-only, a
 * socket and a netcat of the URI's. Blanks count. */
Test(words, tell_libvirts_client_from_other_lines)
{
	static const char nc[] = "sh -c 'if 'nc' -q 2>&1 | grep \"requires an argument\" >/dev/null 2>&1; "
				 "then ARG=-q0;else ARG=;fi;'nc' $ARG -U /var/run/libvirt/libvirt-sock'";
	static const char *const lines[] = {
		"sh -c 'which virt-ssh-helper 1>/dev/null 2>&1; if test $? = 0; then     virt-ssh-helper "
		"'qemu:///system'; else    if 'nc' -q 2>&1 | grep \"requires an argument\" >/dev/null 2>&1; then "
		"ARG=-q0;else ARG=;fi;'nc' $ARG -U /var/run/libvirt/libvirt-sock; fi'",
		"sh -c 'which virt-ssh-helper 1>/dev/null 2>&1; if test $? = 0; then     virt-ssh-helper -r "
		"'qemu:///system'; else    if 'nc' -q 2>&1 | grep \"requires an argument\" >/dev/null 2>&1; then "
		"ARG=-q0;else ARG=;fi;'nc' $ARG -U /var/run/libvirt/libvirt-sock-ro; fi'",
		"sh -c 'virt-ssh-helper 'qemu:///system''",
		"sh -c 'virt-ssh-helper -r 'qemu:///system''",
		nc,
		"sh -c 'if 'nc' -q 2>&1 | grep \"requires an argument\" >/dev/null 2>&1; then ARG=-q0;else "
		"ARG=;fi;'nc' $ARG -U /run/x'",
		"sh -c 'if '/usr/bin/ncat' -q 2>&1 | grep \"requires an argument\" >/dev/null 2>&1; then "
		"ARG=-q0;else ARG=;fi;'/usr/bin/ncat' $ARG -U /var/run/libvirt/libvirt-sock'",
		"sh -c 'if '''\\''a b'\\'''' -q 2>&1 | grep \"requires an argument\" >/dev/null 2>&1; then "
		"ARG=-q0;else ARG=;fi;'''\\''a b'\\'''' $ARG -U /x y'",
	};
	static const char *const others[] = { "bash -c 'virt-ssh-helper 'qemu:///system''", "sh -c '", "sh -c 'id'",
		"sh -c 'virt-ssh-helper'", "touch 'virt-ssh-helper '", " sh -c 'virt-ssh-helper x'",
		"sh -c \"virt-ssh-helper \"" };
	char line[sizeof(nc)];

	for (size_t i = 0; i < N_ELEMENTS(lines); i++)
		cr_assert_eq(split(lines[i]), WORDS_LIBVIRT_TUNNEL, "%s", lines[i]);
	for (size_t i = 0; i < N_ELEMENTS(others); i++)
		cr_assert_eq(split(others[i]), WORDS_BAD_BYTE, "%s", others[i]);
	/* A changed line may have another reason, but is refused. */
	for (size_t i = 0; i < sizeof(nc) - 1; i++) {
		struct words words;

		memcpy(line, nc, sizeof(nc));
		line[i] = '\0';
		cr_assert_neq(words_split(&words, (struct bytes){ line, sizeof(nc) - 1 }), WORDS_OK);
	}
}

Test(words, refuse_any_other_spacing)
{
	static const char *const lines[] = { " ", "  ", "     ", " touch /x", "touch /x ", "touch  /x", "touch   /x",
		"  touch /x", "touch /x  ", "a b c  d" };

	for (size_t i = 0; i < N_ELEMENTS(lines); i++)
		cr_assert_eq(split(lines[i]), WORDS_BAD_SPACING, "'%s'", lines[i]);
}

Test(words, refuse_a_line_with_nothing_in_it)
{
	struct words words;

	cr_assert_eq(split(""), WORDS_EMPTY);
	cr_assert_eq(words_split(&words, (struct bytes){ NULL, 0 }), WORDS_EMPTY);
}

Test(words, refuse_a_nul_instead_of_ending_there)
{
	static const char line[] = "touch /x\0 -rf";
	struct words words;

	for (size_t len = sizeof("touch /x"); len < sizeof(line); len++)
		cr_assert_eq(words_split(&words, (struct bytes){ line, len }), WORDS_BAD_BYTE);
	cr_assert_eq(words_split(&words, (struct bytes){ "\0", 1 }), WORDS_BAD_BYTE);
}

Test(words, refuse_a_long_line_and_never_cut_it)
{
	static char line[128 * 1024];
	struct words words;

	memset(line, 'a', sizeof(line));
	cr_assert_eq(words_split(&words, (struct bytes){ line, CMD_MAX - 1 }), WORDS_OK);
	cr_assert_eq(strlen(words_at(&words, 0)), CMD_MAX - 1);
	for (size_t len = CMD_MAX; len <= sizeof(line); len += len < CMD_MAX + 9 ? 1 : 997)
		cr_assert_eq(words_split(&words, (struct bytes){ line, len }), WORDS_TOO_LONG);
	cr_assert_eq(words_split(&words, (struct bytes){ line, SIZE_MAX }), WORDS_TOO_LONG);
}

Test(words, refuse_more_of_them_than_any_form_has)
{
	static char line[200 * 1000];

	for (size_t i = 0; i < sizeof(line); i++)
		line[i] = i % 2 == 0 ? 'a' : ' ';
	for (size_t count = 1; 2 * count - 1 < CMD_MAX; count++) {
		struct words words;
		const enum words_error error = words_split(&words, (struct bytes){ line, 2 * count - 1 });

		cr_assert_eq(error, count <= 8 ? WORDS_OK : WORDS_TOO_MANY, "%zu words", count);
	}
	for (size_t len = CMD_MAX; len < sizeof(line); len += 9973) {
		struct words words;

		cr_assert_eq(words_split(&words, (struct bytes){ line, len }), WORDS_TOO_LONG);
	}
}

Test(words, joined_again_give_the_line)
{
	struct random random = { 20260801 };

	for (unsigned round = 0; round < 100000; round++) {
		char line[64], again[80] = "";
		const size_t len = random_below(&random, sizeof(line));
		struct words words;

		for (size_t i = 0; i < len; i++)
			line[i] = random_below(&random, 5) == 0 ? ' '
								: allowed[random_below(&random, sizeof(allowed) - 1)];
		if (words_split(&words, (struct bytes){ line, len }) != WORDS_OK)
			continue;
		for (unsigned w = 0; w < words.count; w++) {
			cr_assert_neq(words_at(&words, w)[0], '\0');
			strcat(again, w == 0 ? "" : " ");
			strcat(again, words_at(&words, w));
		}
		cr_assert_eq(strlen(again), len);
		cr_assert_arr_eq(again, line, len);
	}
}

Test(words, have_a_reason_for_each_failure)
{
	static const struct {
		enum words_error error;
		enum reason reason;
	} rows[] = {
		{ WORDS_EMPTY, REASON_NO_COMMAND },
		{ WORDS_TOO_LONG, REASON_TOO_LONG },
		{ WORDS_BAD_BYTE, REASON_BAD_BYTE },
		{ WORDS_BAD_SPACING, REASON_BAD_SPACING },
		{ WORDS_LIBVIRT_TUNNEL, REASON_LIBVIRT_TUNNEL },
		{ WORDS_TOO_MANY, REASON_TOO_MANY_WORDS },
		{ WORDS_OK, REASON_NONE },
		{ (enum words_error)99, REASON_INTERNAL },
	};

	for (size_t i = 0; i < N_ELEMENTS(rows); i++)
		cr_assert_eq(words_reason(rows[i].error), rows[i].reason);
}
