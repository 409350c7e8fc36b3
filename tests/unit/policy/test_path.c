/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>

#include "policy/path.h"
#include "tests/unit/policy/random.h"
#include "tests/unit/policy/sample.h"

#define U SAMPLE_UUID
#define X SAMPLE_HEX

Test(path, knows_a_uuid_by_every_byte)
{
	static const char uuid[] = U;

	cr_assert(path_is_uuid(uuid, UUID_LEN));
	cr_assert(path_is_uuid("00000000-0000-0000-0000-000000000000", UUID_LEN));
	cr_assert(path_is_uuid("ffffffff-ffff-ffff-ffff-ffffffffffff", UUID_LEN));
	for (size_t len = 0; len < UUID_LEN; len++)
		cr_assert_not(path_is_uuid(uuid, len));
	cr_assert_not(path_is_uuid(U "0", UUID_LEN + 1));
	for (size_t at = 0; at < UUID_LEN; at++) {
		for (unsigned byte = 0; byte < 256; byte++) {
			const bool dash = at == 8 || at == 13 || at == 18 || at == 23;
			const bool hex = byte != 0 && strchr("0123456789abcdef", (int)byte) != NULL;
			char copy[sizeof(uuid)];

			memcpy(copy, uuid, sizeof(uuid));
			copy[at] = (char)byte;
			cr_assert_eq(
				path_is_uuid(copy, UUID_LEN), dash ? byte == '-' : hex, "byte %u at %zu", byte, at);
		}
	}
}

Test(path, is_plain_or_refused)
{
	static const struct {
		const char *word;
		bool plain;
	} rows[] = {
		{ "/a", true },
		{ "/a/b", true },
		{ "/a-b/c_d/e.f/g+h", true },
		{ "/a/b..", true },
		{ "/a/b.", true },
		{ "/a/-rf", true },
		{ "/-", true },
		{ "", false },
		{ "/", false },
		{ "//", false },
		{ "a", false },
		{ "a/b", false },
		{ "./a", false },
		{ "../a", false },
		{ ".", false },
		{ "..", false },
		{ "~/a", false },
		{ "-/a", false },
		{ "//a", false },
		{ "/a/", false },
		{ "/a//b", false },
		{ "/a/./b", false },
		{ "/./a", false },
		{ "/a/.", false },
		{ "/a/../b", false },
		{ "/../a", false },
		{ "/a/..", false },
		{ "/..", false },
		{ "/.", false },
		{ "/.a", false },
		{ "/a/.ssh", false },
		{ "/a/...", false },
		{ "/a/.../b", false },
		{ "/a/b//", false },
		{ "/a/.b/c", false },
	};

	for (size_t i = 0; i < N_ELEMENTS(rows); i++)
		cr_assert_eq(path_is_plain(rows[i].word), rows[i].plain, "%s", rows[i].word);
}

Test(path, has_names_of_at_most_255_bytes)
{
	for (size_t len = 1; len < 300; len++) {
		char word[320] = "/";

		memset(word + 1, 'n', len);
		word[len + 1] = '\0';
		cr_assert_eq(path_is_plain(word), len <= 255, "%zu", len);
		strcat(word, "/x");
		cr_assert_eq(path_is_plain(word), len <= 255, "%zu", len);
		memcpy(word, "/x/", 3);
		memset(word + 3, 'n', len);
		word[len + 3] = '\0';
		cr_assert_eq(path_is_plain(word), len <= 255, "%zu", len);
	}
}

Test(path, lies_below_a_root_by_whole_names_only)
{
	static const struct {
		const char *word, *root, *rel;
	} rows[] = {
		{ "/i", "/i", "" },
		{ "/i/u", "/i", "u" },
		{ "/i/u/x", "/i", "u/x" },
		{ "/i2", "/i", NULL },
		{ "/i2/u", "/i", NULL },
		{ "/i-/u", "/i", NULL },
		{ "/", "/i", NULL },
		{ "", "/i", NULL },
		{ "/I/u", "/i", NULL },
		{ "/x/i/u", "/i", NULL },
		{ "/var/lib/nova/instances2/x", "/var/lib/nova/instances", NULL },
		{ "/var/lib/nova/instance", "/var/lib/nova/instances", NULL },
		{ "/var/lib/nova", "/var/lib/nova/instances", NULL },
		{ "/proc/self/root/i/u", "/i", NULL },
	};

	for (size_t i = 0; i < N_ELEMENTS(rows); i++) {
		const char *const rel = path_below(rows[i].word, rows[i].root);

		if (rows[i].rel == NULL) {
			cr_assert_null(rel, "%s below %s", rows[i].word, rows[i].root);
		} else {
			cr_assert_not_null(rel, "%s below %s", rows[i].word, rows[i].root);
			cr_assert_str_eq(rel, rows[i].rel);
		}
	}
}

Test(path, has_a_first_name)
{
	cr_assert_eq(path_first_len(""), 0);
	cr_assert_eq(path_first_len("/"), 0);
	cr_assert_eq(path_first_len("a"), 1);
	cr_assert_eq(path_first_len("ab/c"), 2);
}

Test(pattern, is_names_and_placeholders_and_nothing_else)
{
	static const char *const good[] = { "_base", "%u", "%u/%x.tmp", "%u/kernel", "%x", "a%ub", "a/%u/b", "disk.%x",
		"a-b_c+d=e,f@g:h" };
	static const char *const bad[] = { "", "/", "/_base", "_base/", "a//b", ".", "..", "../x", "%u/..", "%u/.ssh",
		".hidden", "%", "%u%", "%U", "%X", "%%", "%s", "%n", "%u/%d", "%/u", "a b", "a\tb", "_base # comment",
		"\"%u\"", "'%u'", "*", "%u/*", "a?b", "[a]", "{a}", "$u", "~", "a\\b", "a;b", "a\x7f", "a\xff",
		"a\nb" };

	for (size_t i = 0; i < N_ELEMENTS(good); i++)
		cr_assert(pattern_is_valid(good[i]), "%s", good[i]);
	for (size_t i = 0; i < N_ELEMENTS(bad); i++)
		cr_assert_not(pattern_is_valid(bad[i]), "%s", bad[i]);
}

Test(pattern, matches_whole_names)
{
	static const struct {
		const char *pattern, *rel;
		enum pattern_hit hit;
	} rows[] = {
		{ "%u", U, PATTERN_EXACT },
		{ "%u", U "/disk", PATTERN_BELOW },
		{ "%u", U "/a/b/c", PATTERN_BELOW },
		{ "%u", U "_resize", PATTERN_MISS },
		{ "%u", U "_resize/disk", PATTERN_MISS },
		{ "%u", U "0", PATTERN_MISS },
		{ "%u", "x" U, PATTERN_MISS },
		{ "%u", "", PATTERN_MISS },
		{ "%u", "_base", PATTERN_MISS },
		{ "%u", "0F8D2B6E-91C4-4A37-B5DE-3C7A90E1F246", PATTERN_MISS },
		{ "%u", "0f8d2b6e-91c4-4a37-b5de-3c7a90e1f24", PATTERN_MISS },
		{ "%u", "0f8d2b6e91c44a37b5de3c7a90e1f246", PATTERN_MISS },
		{ "%u/%x.tmp", U "/" X ".tmp", PATTERN_EXACT },
		{ "%u/%x.tmp", U "/" X ".tmp/x", PATTERN_BELOW },
		{ "%u/%x.tmp", U "/" X ".tmpx", PATTERN_MISS },
		{ "%u/%x.tmp", U "/" X ".tm", PATTERN_MISS },
		{ "%u/%x.tmp", U "/" X, PATTERN_MISS },
		{ "%u/%x.tmp", U "/0" X ".tmp", PATTERN_MISS },
		{ "%u/%x.tmp", U "/0011223344556677889AAABBCCDDEEFF.tmp", PATTERN_MISS },
		{ "%u/%x.tmp", U "/00112233445566778899aabbccddeef.tmp", PATTERN_MISS },
		{ "%u/%x.tmp", U "/00112233445566778899aabbccddeegg.tmp", PATTERN_MISS },
		{ "%u/%x.tmp", U "/disk.tmp", PATTERN_MISS },
		{ "%u/%x.tmp", U, PATTERN_MISS },
		{ "%u/%x.tmp", X ".tmp", PATTERN_MISS },
		{ "_base", "_base", PATTERN_EXACT },
		{ "_base", "_base/0a", PATTERN_BELOW },
		{ "_base", "_base2", PATTERN_MISS },
		{ "_base", "_bas", PATTERN_MISS },
		{ "_base", U "/_base", PATTERN_MISS },
		{ "%u/kernel", U "/kernel", PATTERN_EXACT },
		{ "%u/kernel", U "/kernel2", PATTERN_MISS },
		{ "%u/kernel", U "/x/kernel", PATTERN_MISS },
		{ "%u/kernel", U "/disk", PATTERN_MISS },
		{ "%u/kernel", U, PATTERN_MISS },
		{ "a%ub", "a" U "b", PATTERN_EXACT },
		{ "%u%u", U U, PATTERN_EXACT },
		{ "%u%u", U, PATTERN_MISS },
		{ "%x", X, PATTERN_EXACT },
		{ "%x", U, PATTERN_MISS },
	};

	for (size_t i = 0; i < N_ELEMENTS(rows); i++)
		cr_assert_eq(pattern_match(rows[i].pattern, rows[i].rel), rows[i].hit, "%s on %s", rows[i].pattern,
			rows[i].rel);
}

Test(pattern, of_the_probe_matches_no_name_one_byte_off)
{
	static const char probe[] = U "/" X ".tmp";

	for (size_t at = 0; at < sizeof(probe) - 1; at++) {
		for (unsigned byte = 1; byte < 256; byte++) {
			const bool dash = at == 8 || at == 13 || at == 18 || at == 23;
			const bool fixed = dash || at == UUID_LEN || at > UUID_LEN + PROBE_HEX_LEN;
			const bool hex = strchr("0123456789abcdef", (int)byte) != NULL;
			char copy[sizeof(probe)];

			memcpy(copy, probe, sizeof(probe));
			copy[at] = (char)byte;
			cr_assert_eq(pattern_match("%u/%x.tmp", copy) == PATTERN_EXACT,
				fixed ? byte == (unsigned char)probe[at] : hex, "byte %u at %zu", byte, at);
		}
	}
}

Test(pattern, is_matched_without_leaving_the_text)
{
	static const char bytes[] = "%ux/.0af-";
	struct random random = { 7 };

	/* Memory of the exact size: under ASan, a read past it aborts. */
	for (unsigned round = 0; round < 200000; round++) {
		const size_t pattern_len = random_below(&random, 12), len = random_below(&random, 90);
		char *const pattern = malloc(pattern_len + 1), *const rel = malloc(len + 1);

		for (size_t i = 0; i < pattern_len; i++)
			pattern[i] = bytes[random_below(&random, sizeof(bytes) - 1)];
		for (size_t i = 0; i < len; i++)
			rel[i] = i < strlen(U "/" X) && random_below(&random, 64) != 0
				? (U "/" X)[i]
				: bytes[random_below(&random, sizeof(bytes) - 1)];
		pattern[pattern_len] = '\0';
		rel[len] = '\0';
		cr_assert_leq(pattern_match(pattern, rel), PATTERN_BELOW);
		(void)pattern_is_valid(pattern);
		free(pattern);
		free(rel);
	}
}
