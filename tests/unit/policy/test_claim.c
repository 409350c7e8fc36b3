/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>

#include <stdio.h>

#include "policy/claim.h"
#include "tests/unit/policy/decide.h"
#include "tests/unit/policy/random.h"
#include "tests/unit/policy/sample.h"

#define I SAMPLE_ROOT
#define U SAMPLE_UUID
#define KEY "SHA256:J0eGdVlRdtMFOAYPBbVNJAqQGSvEyLTp0+QSvRDPQcE"
#define WALL INT64_C(1767225600)
#define BOOT INT64_C(90000)
#define DAY INT64_C(86400)

static struct claim claim_of(const char *peer, const char *key)
{
	struct claim claim = { .made = { WALL, BOOT } };

	snprintf(claim.peer, sizeof(claim.peer), "%s", peer);
	snprintf(claim.key, sizeof(claim.key), "%s", key);
	return claim;
}

static struct request request_of(const char *peer, const char *key)
{
	struct request request = { .present = true };

	snprintf(request.peer, sizeof(request.peer), "%s", peer);
	snprintf(request.key, sizeof(request.key), "%s", key);
	return request;
}

static bool parses(const char *text, size_t len)
{
	struct claim claim;
	unsigned char *const bytes = (unsigned char *)&claim;
	bool parsed;

	memset(&claim, 0x5a, sizeof(claim));
	parsed = claim_parse(&claim, (struct bytes){ text, len });
	for (size_t i = 0; !parsed && i < sizeof(claim); i++)
		cr_assert_eq(bytes[i], 0x5a, "wrote *out of what it refused: %s", text);
	return parsed;
}

static bool is_same(const struct claim *a, const struct claim *b)
{
	return a->made.wall == b->made.wall && a->made.boot == b->made.boot && strcmp(a->peer, b->peer) == 0 &&
		strcmp(a->key, b->key) == 0;
}

Test(claim, is_written_as_the_manual_says)
{
	const struct claim claim = claim_of("192.0.2.7", KEY);
	const struct claim none = { .made = { 0, 0 }, .peer = "2001:db8::1", .key = "-" };
	char text[CLAIM_TEXT_MAX];

	cr_assert_eq(claim_write(text, &claim), strlen("1 1767225600 90000 192.0.2.7 " KEY));
	cr_assert_str_eq(text, "1 1767225600 90000 192.0.2.7 " KEY);
	cr_assert_eq(claim_write(text, &none), strlen(text));
	cr_assert_str_eq(text, "1 0 0 2001:db8::1 -");
}

Test(claim, is_read_as_it_was_written)
{
	static const int64_t numbers[] = { 0, 1, 9, 10, 99, 100, 4294967295, WALL, 999999999999999999 };
	static const char *const words[] = { "-", "x", "192.0.2.7", "fe80::1%eth0", KEY, "!", "~",
		"123456789012345678901234567890123456789012345678901234567890123" };

	for (size_t n = 0; n < N_ELEMENTS(numbers); n++)
		for (size_t m = 0; m < N_ELEMENTS(numbers); m++)
			for (size_t w = 0; w < N_ELEMENTS(words); w++) {
				struct claim claim = claim_of(words[w], words[N_ELEMENTS(words) - 1 - w]), again;
				char text[CLAIM_TEXT_MAX];
				size_t len;

				claim.made = (struct moment){ numbers[n], numbers[m] };
				len = claim_write(text, &claim);
				cr_assert_neq(len, 0);
				cr_assert_eq(text[len], '\0');
				cr_assert(claim_parse(&again, (struct bytes){ text, len }), "%s", text);
				cr_assert(is_same(&again, &claim), "%s", text);
			}
}

Test(claim, that_would_not_be_read_back_is_not_written)
{
	static const char *const words[] = { "", " ", "a b", " a", "a " };
	char text[CLAIM_TEXT_MAX];
	struct claim claim;

	for (size_t i = 0; i < N_ELEMENTS(words); i++) {
		claim = claim_of(words[i], KEY);
		cr_assert_eq(claim_write(text, &claim), 0, "peer '%s'", words[i]);
		claim = claim_of("192.0.2.7", words[i]);
		cr_assert_eq(claim_write(text, &claim), 0, "key '%s'", words[i]);
	}
	claim = claim_of("192.0.2.7", KEY);
	claim.made.wall = -1;
	cr_assert_eq(claim_write(text, &claim), 0);
	claim.made = (struct moment){ WALL, INT64_MIN };
	cr_assert_eq(claim_write(text, &claim), 0);
	claim.made = (struct moment){ WALL, 1000000000000000000 };
	cr_assert_eq(claim_write(text, &claim), 0, "19 digits");
}

/* claim_parse() reads whatever claim_write() writes, for any words; or claim_write() writes nothing. */
Test(claim, of_any_words_is_read_back_or_not_written)
{
	struct random random = { 2026 };
	unsigned written = 0;

	for (unsigned round = 0; round < 200000; round++) {
		struct claim claim = { .made = { (int64_t)random_next(&random), BOOT } }, again;
		char text[CLAIM_TEXT_MAX];
		size_t len;

		claim.made.wall >>= random_below(&random, 64);
		for (size_t i = random_below(&random, 4); i > 0; i--)
			claim.peer[i - 1] = (char)(random_below(&random, 128));
		for (size_t i = random_below(&random, KEY_MAX); i > 0; i--)
			claim.key[i - 1] = (char)('!' + random_below(&random, 94));
		len = claim_write(text, &claim);
		if (len == 0)
			continue;
		cr_assert(claim_parse(&again, (struct bytes){ text, len }), "%s", text);
		cr_assert(is_same(&again, &claim), "%s", text);
		written++;
	}
	cr_assert_gt(written, 1000);
}

/* A row with a NUL in it has its length beside it. */
#define TEXT(literal) literal, sizeof(literal) - 1
#define LETTERS_63 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

static const struct {
	const char *text;
	size_t len;
	bool good;
} texts[] = {
	{ TEXT("1 1767225600 90000 192.0.2.7 -"), true },
	{ TEXT("1 0 0 a b"), true },
	{ TEXT("1 999999999999999999 999999999999999999 a b"), true },
	{ TEXT("1 0 0 " LETTERS_63 " " LETTERS_63), true },
	/* version */
	{ TEXT(""), false },
	{ TEXT("1"), false },
	{ TEXT("0 0 0 a b"), false },
	{ TEXT("2 0 0 a b"), false },
	{ TEXT("11 0 0 a b"), false },
	{ TEXT("01 0 0 a b"), false },
	{ TEXT("+1 0 0 a b"), false },
	{ TEXT("x 0 0 a b"), false },
	{ TEXT("10 0 a b"), false },
	/* numbers */
	{ TEXT("1 00 0 a b"), false },
	{ TEXT("1 01 0 a b"), false },
	{ TEXT("1 0 01 a b"), false },
	{ TEXT("1 0 00 a b"), false },
	{ TEXT("1 -1 0 a b"), false },
	{ TEXT("1 +1 0 a b"), false },
	{ TEXT("1 0 -0 a b"), false },
	{ TEXT("1 0x1 0 a b"), false },
	{ TEXT("1 1.0 0 a b"), false },
	{ TEXT("1 1e9 0 a b"), false },
	{ TEXT("1 1: 0 a b"), false },
	{ TEXT("1 1/ 0 a b"), false },
	{ TEXT("1 1000000000000000000 0 a b"), false },
	{ TEXT("1 0 1000000000000000000 a b"), false },
	{ TEXT("1 0 18446744073709551616 a b"), false },
	{ TEXT("1 - 0 a b"), false },
	{ TEXT("1 0 a b"), false },
	/* words */
	{ TEXT("1 0 0 a"), false },
	{ TEXT("1 0 0 a b c"), false },
	{ TEXT("1 0 0 " LETTERS_63 "a b"), false },
	{ TEXT("1 0 0 a " LETTERS_63 "a"), false },
	/* blanks */
	{ TEXT(" 1 0 0 a b"), false },
	{ TEXT("1 0 0 a b "), false },
	{ TEXT("1  0 0 a b"), false },
	{ TEXT("1 0  0 a b"), false },
	{ TEXT("1 0 0  a b"), false },
	{ TEXT("1 0 0 a  b"), false },
	{ TEXT("1 0 0 a "), false },
	{ TEXT("1 0 0  b"), false },
	{ TEXT("1\t0 0 a b"), false },
	{ TEXT("1 0 0\ta b"), false },
	{ TEXT("1 0 0 a b\n"), false },
	{ TEXT("1 0 0 a\nb"), false },
	{ TEXT("1 0 0 a b\r"), false },
	/* NUL */
	{ TEXT("1 0 0 a b\0"), false },
	{ TEXT("\0"), false },
	{ TEXT("1 0 0 a\0 b"), false },
	{ TEXT("1 0\0 0 a b"), false },
	{ TEXT("1 0 0 a b\0 c"), false },
	/* not printable */
	{ TEXT("1 0 0 a\x7f b"), false },
	{ TEXT("1 0 0 a b\x7f"), false },
	{ TEXT("1 0 0 \x1b[2J b"), false },
	{ TEXT("1 0 0 a \xc3\xa9"), false },
	{ TEXT("1 0 0 \x80 b"), false },
	{ TEXT("1 0 0 a \xff"), false },
};

Test(claim, is_read_strictly)
{
	for (size_t i = 0; i < N_ELEMENTS(texts); i++)
		cr_assert_eq(parses(texts[i].text, texts[i].len), texts[i].good, "row %zu: %s", i, texts[i].text);
}

/* Each byte at each place: accepted exactly if claim_write() would write the result. */
Test(claim, of_one_byte_off_is_read_as_what_it_says_or_not_at_all)
{
	static const char good[] = "1 1767225600 90000 192.0.2.7 " KEY;

	for (size_t at = 0; at < sizeof(good) - 1; at++)
		for (unsigned byte = 0; byte < 256; byte++) {
			char text[sizeof(good)], again[CLAIM_TEXT_MAX];
			struct claim claim;

			memcpy(text, good, sizeof(good));
			text[at] = (char)byte;
			if (!claim_parse(&claim, (struct bytes){ text, sizeof(good) - 1 }))
				continue;
			cr_assert_eq(claim_write(again, &claim), sizeof(good) - 1, "%s", text);
			cr_assert_str_eq(again, text);
		}
}

Test(claim, cut_anywhere_is_no_claim_or_one_of_a_shorter_key)
{
	static const char good[] = "1 1767225600 90000 192.0.2.7 " KEY;
	const size_t key = strlen("1 1767225600 90000 192.0.2.7 ");

	for (size_t len = 0; len < sizeof(good); len++)
		cr_assert_eq(parses(good, len), len > key, "%zu", len);
}

static enum claim_state judge(const char *claimed_by[2], const char *asks[2], enum claims_identity identity)
{
	const struct claim claim = claim_of(claimed_by[0], claimed_by[1]);
	const struct request request = request_of(asks[0], asks[1]);

	return claim_judge(&claim, identity, &request, DAY, 0, claim.made);
}

Test(claim, is_own_to_the_same_identity_only)
{
	static const struct {
		const char *claimed_by[2], *asks[2];
		bool address, key, both;
	} rows[] = {
		{ { "192.0.2.7", "K" }, { "192.0.2.7", "K" }, true, true, true },
		{ { "192.0.2.7", "K" }, { "192.0.2.8", "K" }, false, true, false },
		{ { "192.0.2.7", "K" }, { "192.0.2.7", "L" }, true, false, false },
		{ { "192.0.2.7", "K" }, { "192.0.2.8", "L" }, false, false, false },
		{ { "192.0.2.7", "K" }, { "192.0.2.7", "k" }, true, false, false },
		{ { "192.0.2.7", "K" }, { "192.0.2.7", "KK" }, true, false, false },
		{ { "192.0.2.7", "K" }, { "192.0.2.77", "K" }, false, true, false },
		{ { "192.0.2.77", "K" }, { "192.0.2.7", "K" }, false, true, false },
		/* An unknown key matches nobody. */
		{ { "192.0.2.7", "-" }, { "192.0.2.7", "-" }, true, false, false },
		{ { "192.0.2.7", "K" }, { "192.0.2.7", "-" }, true, false, false },
		{ { "192.0.2.7", "-" }, { "192.0.2.7", "K" }, true, false, false },
	};

	for (size_t i = 0; i < N_ELEMENTS(rows); i++) {
		const char *by[] = { rows[i].claimed_by[0], rows[i].claimed_by[1] };
		const char *asks[] = { rows[i].asks[0], rows[i].asks[1] };

		cr_assert_eq(judge(by, asks, IDENTITY_ADDRESS), rows[i].address ? CLAIM_OWN : CLAIM_OTHER, "%zu", i);
		cr_assert_eq(judge(by, asks, IDENTITY_KEY), rows[i].key ? CLAIM_OWN : CLAIM_OTHER, "%zu", i);
		cr_assert_eq(
			judge(by, asks, IDENTITY_ADDRESS_AND_KEY), rows[i].both ? CLAIM_OWN : CLAIM_OTHER, "%zu", i);
		cr_assert_eq(judge(by, asks, (enum claims_identity)4711), CLAIM_OTHER, "%zu", i);
	}
}

/* claimed: the peer in the claim. address and name: those of the peer of the request. */
Test(claim, is_own_to_the_peer_of_its_name)
{
	static const struct {
		const char *claimed, *address, *name;
		bool own;
	} rows[] = {
		{ "node1", "192.0.2.7", "node1", true },
		{ "node1", "2001:db8::7", "node1", true },
		{ "node1", "192.0.2.7", "node2", false },
		{ "node1", "192.0.2.7", "node11", false },
		{ "node1", "192.0.2.7", "", false },
		/* The claim is older than the line of peers_file. */
		{ "192.0.2.7", "192.0.2.7", "node1", true },
		{ "2001:db8::7", "192.0.2.7", "node1", false },
		/* An unknown address matches nobody. */
		{ "-", "-", "node1", false },
		{ "-", "-", "", false },
	};

	for (size_t i = 0; i < N_ELEMENTS(rows); i++) {
		const struct claim claim = claim_of(rows[i].claimed, "K");
		struct request request = request_of(rows[i].address, "K");

		strcpy(request.peer_name, rows[i].name);
		cr_expect_eq(claim_judge(&claim, IDENTITY_ADDRESS, &request, DAY, 0, claim.made),
			rows[i].own ? CLAIM_OWN : CLAIM_OTHER, "%zu", i);
		cr_expect_eq(claim_judge(&claim, IDENTITY_ADDRESS_AND_KEY, &request, DAY, 0, claim.made),
			rows[i].own ? CLAIM_OWN : CLAIM_OTHER, "%zu", i);
		strcpy(request.key, "L");
		cr_expect_eq(claim_judge(&claim, IDENTITY_ADDRESS_AND_KEY, &request, DAY, 0, claim.made), CLAIM_OTHER);
	}
}

/* Two unknown addresses never match. */
Test(claim, of_no_address_is_nobodys)
{
	const char *nobody[] = { "-", "K" };

	cr_assert_eq(judge(nobody, nobody, IDENTITY_ADDRESS), CLAIM_OTHER);
	cr_assert_eq(judge(nobody, nobody, IDENTITY_ADDRESS_AND_KEY), CLAIM_OTHER);
	cr_assert_eq(judge(nobody, nobody, IDENTITY_KEY), CLAIM_OWN);
}

Test(claim, lasts_for_the_window_by_both_clocks)
{
	static const struct {
		int64_t window;
		int64_t wall, boot; /* seconds passed */
		enum claim_state state;
	} rows[] = {
		{ DAY, 0, 0, CLAIM_OWN },
		{ DAY, DAY - 1, DAY - 1, CLAIM_OWN },
		{ DAY, DAY, DAY, CLAIM_OWN },
		{ DAY, DAY + 1, DAY + 1, CLAIM_EXPIRED },
		{ DAY, DAY + 1, 0, CLAIM_EXPIRED },
		{ DAY, 0, DAY + 1, CLAIM_EXPIRED },
		{ 1, 1, 1, CLAIM_OWN },
		{ 1, 2, 1, CLAIM_EXPIRED },
		{ 1, 1, 2, CLAIM_EXPIRED },
		{ 30 * DAY, 30 * DAY, 30 * DAY, CLAIM_OWN },
		{ 30 * DAY, 30 * DAY + 1, 0, CLAIM_EXPIRED },
		/* A wall clock set to any time before the claim ends it. */
		{ DAY, -1, 60, CLAIM_EXPIRED },
		{ DAY, -WALL, 60, CLAIM_EXPIRED },
		/* Set back to a time after the claim, it does not hide the time that passed. */
		{ DAY, 1, 2 * DAY, CLAIM_EXPIRED },
		{ DAY, 1, DAY, CLAIM_OWN },
		/* Set forward, it shortens the claim. */
		{ DAY, 365 * DAY, 60, CLAIM_EXPIRED },
		/* The node rebooted: the boot clock begins at 0, the wall clock continues. */
		{ DAY, 3600, -BOOT, CLAIM_OWN },
		{ DAY, DAY, -BOOT + 60, CLAIM_OWN },
		{ DAY, DAY + 1, -BOOT, CLAIM_EXPIRED },
		{ DAY, -1, -BOOT, CLAIM_EXPIRED },
	};
	const struct claim claim = claim_of("192.0.2.7", KEY);
	const struct request own = request_of("192.0.2.7", KEY), other = request_of("192.0.2.8", "L");

	for (size_t i = 0; i < N_ELEMENTS(rows); i++) {
		const struct moment now = { WALL + rows[i].wall, BOOT + rows[i].boot };

		for (enum claims_identity identity = IDENTITY_ADDRESS_AND_KEY; identity <= IDENTITY_KEY; identity++) {
			cr_assert_eq(claim_judge(&claim, identity, &own, rows[i].window, 0, now), rows[i].state,
				"row %zu", i);
			cr_assert_eq(claim_judge(&claim, identity, &other, rows[i].window, 0, now), CLAIM_OTHER,
				"row %zu", i);
		}
	}
}

/* A peer may remove an instance shortly after its claim expired. Only an empty one is taken over. */
static bool lets_through(enum claim_state state, enum op op)
{
	switch (state) {
	case CLAIM_OWN:
		return true;
	case CLAIM_GRACE:
		return op == OP_REMOVE || op == OP_REMOVE_TREE || op == OP_RMDIR || op == OP_EMPTY;
	case CLAIM_STALE:
		return op == OP_MKDIR;
	default:
		return false;
	}
}

/* The grace begins at the end of the window, by both clocks. A clock that was set back has none. */
Test(claim, is_followed_by_a_grace)
{
	enum {
		GRACE = 900,
	};
	static const struct {
		int64_t grace, wall, boot;
		enum claim_state state;
	} rows[] = {
		{ GRACE, DAY, DAY, CLAIM_OWN },
		{ GRACE, DAY + 1, 0, CLAIM_GRACE },
		{ GRACE, 0, DAY + 1, CLAIM_GRACE },
		{ GRACE, DAY + GRACE, DAY + GRACE, CLAIM_GRACE },
		{ GRACE, DAY + GRACE + 1, 0, CLAIM_EXPIRED },
		{ GRACE, 0, DAY + GRACE + 1, CLAIM_EXPIRED },
		{ GRACE, -1, 60, CLAIM_EXPIRED },
		{ GRACE, -1, DAY + 1, CLAIM_EXPIRED },
		{ 0, DAY, DAY, CLAIM_OWN },
		{ 0, DAY + 1, 0, CLAIM_EXPIRED },
	};
	const struct claim claim = claim_of("192.0.2.7", KEY);
	const struct request own = request_of("192.0.2.7", KEY), other = request_of("192.0.2.8", KEY);

	for (size_t i = 0; i < N_ELEMENTS(rows); i++) {
		const struct moment now = { WALL + rows[i].wall, BOOT + rows[i].boot };

		cr_assert_eq(claim_judge(&claim, IDENTITY_ADDRESS, &own, DAY, rows[i].grace, now), rows[i].state,
			"row %zu", i);
		cr_assert_eq(claim_judge(&claim, IDENTITY_ADDRESS, &other, DAY, rows[i].grace, now), CLAIM_OTHER,
			"row %zu", i);
	}
}

Test(claim, covers_what_its_state_lets_through)
{
	for (unsigned s = 0; s < CLAIM_COUNT; s++)
		for (unsigned op = 0; op < OP_COUNT; op++)
			cr_assert_eq(verdict_claim_allows((enum claim_state)s, (enum op)op),
				lets_through((enum claim_state)s, (enum op)op), "%s, %s",
				claim_word((enum claim_state)s), op_word((enum op)op));
}

Test(claim, once_expired_stays_so_while_clocks_go_on)
{
	const struct claim claim = claim_of("192.0.2.7", KEY);
	const struct request own = request_of("192.0.2.7", KEY);
	struct random random = { 7 };

	for (unsigned round = 0; round < 20000; round++) {
		struct moment now = { WALL + (int64_t)random_below(&random, 3 * (size_t)DAY) - DAY,
			BOOT + (int64_t)random_below(&random, 3 * (size_t)DAY) };
		bool expired = now.wall < WALL;

		if (expired)
			continue; /* a wall clock before the claim may get past it */
		for (unsigned step = 0; step < 4; step++) {
			const enum claim_state state = claim_judge(&claim, IDENTITY_ADDRESS, &own, DAY, 0, now);

			cr_assert(!expired || state == CLAIM_EXPIRED);
			expired = state == CLAIM_EXPIRED;
			now.wall += (int64_t)random_below(&random, (size_t)DAY);
			now.boot += (int64_t)random_below(&random, (size_t)DAY);
		}
	}
}

Test(claim, has_a_word_for_each_state)
{
	static const char *const words[CLAIM_COUNT] = { "none", "other", "expired", "busy", "grace", "stale", "changed",
		"own", "probe", "off" };

	for (unsigned i = 0; i < CLAIM_COUNT; i++)
		cr_assert_str_eq(claim_word((enum claim_state)i), words[i]);
	cr_assert_str_eq(claim_word(CLAIM_COUNT), "none");
	cr_assert_str_eq(claim_word((enum claim_state) - 1), "none");
}

/* What claim a command needs. */
enum need {
	NEED_CLAIM,
	NEED_NOTHING,
	NEED_PROBE, /* none, and the record says probe */
};

#define ARCHIVE "rsync --server -logDtpre.iLs "

static const struct {
	const char *line;
	enum need need;
} lines[] = {
	{ "touch " I "/" U "/disk", NEED_CLAIM },
	{ "touch " I "/" U "/a/" SAMPLE_HEX ".tmp", NEED_CLAIM },
	{ "touch " SAMPLE_PROBE, NEED_PROBE },
	{ "rm " I "/" U "/disk", NEED_CLAIM },
	{ "rm " SAMPLE_PROBE, NEED_PROBE },
	{ "mkdir -p " I "/" U, NEED_CLAIM },
	{ "mkdir -p " I "/" U "/vtpm", NEED_CLAIM },
	{ "mkdir -p " SAMPLE_PROBE, NEED_CLAIM },
	{ "rm -rf " I "/" U, NEED_CLAIM },
	{ "rm -rf " I "/" U "/vtpm", NEED_CLAIM },
	{ "rm -rf " SAMPLE_PROBE, NEED_CLAIM },
	{ "scp -r -t " I "/" U, NEED_CLAIM },
	{ "scp -t " I "/" U "/disk", NEED_CLAIM },
	{ "scp -t " SAMPLE_PROBE, NEED_CLAIM },
	{ "scp -f " I "/_base/x", NEED_NOTHING },
	{ "scp -f " I "/" U "/kernel", NEED_NOTHING },
	{ "/usr/lib/openssh/sftp-server", NEED_NOTHING },
	{ "rsync --server -rSe.iLs . " I "/" U "/disk", NEED_CLAIM },
	{ "rsync --server -rSe.iLs . " SAMPLE_PROBE, NEED_CLAIM },
	{ "rsync --server --sender -rSe.iLs . " I "/" U "/kernel", NEED_NOTHING },
	{ "rsync --server -logDtprRe.iLs --no-implied-dirs . /", NEED_NOTHING },
	{ ARCHIVE "--delete . " I, NEED_NOTHING },
	{ ARCHIVE "--delete . " I "/" U, NEED_NOTHING },
	{ ARCHIVE "--delete-excluded . " I "/" U, NEED_CLAIM },
	{ ARCHIVE "--delete-excluded . " SAMPLE_PROBE, NEED_CLAIM },
};

static const struct {
	enum form_id form;
	enum op op;
	const char *path;
	enum need need;
} streams[] = {
	{ FORM_RSYNC_CREATE, OP_MKDIR, I "/" U, NEED_CLAIM },
	{ FORM_RSYNC_CREATE, OP_TOUCH, SAMPLE_PROBE, NEED_PROBE },
	{ FORM_RSYNC_REMOVE, OP_REMOVE, SAMPLE_PROBE, NEED_PROBE },
	{ FORM_RSYNC_REMOVE, OP_REMOVE, I "/" U "/disk", NEED_CLAIM },
	{ FORM_RSYNC_REMOVE, OP_RMDIR, I "/" U, NEED_CLAIM },
};

static const enum claims_mode modes[] = { CLAIMS_ENFORCE, CLAIMS_AUDIT, CLAIMS_OFF };

static enum claim_state recorded(enum claims_mode mode, enum claim_state state, enum need need)
{
	if (mode == CLAIMS_OFF)
		return CLAIM_OFF;
	return need == NEED_PROBE && state != CLAIM_OTHER ? CLAIM_PROBE : state;
}

static enum reason against(enum claims_mode mode, enum claim_state state, bool there, enum need need, enum op op)
{
	const bool needs = need == NEED_CLAIM || (need == NEED_PROBE && state == CLAIM_OTHER);

	if (mode == CLAIMS_OFF || !needs || !there || lets_through(state, op))
		return REASON_NONE;
	return state == CLAIM_BUSY ? REASON_BUSY : REASON_NOT_CLAIMED;
}

/* Every state and mode, with and without the directory. */
static void check_claims(const struct verdict *allowed, struct config config, enum need need, const char *what)
{
	cr_assert_eq(allowed->kind, VERDICT_ALLOW, "%s", what);
	for (size_t m = 0; m < N_ELEMENTS(modes); m++)
		for (unsigned s = 0; s < CLAIM_COUNT; s++)
			for (int there = 0; there < 2; there++) {
				const enum claim_state state = (enum claim_state)s;
				const enum reason reason = against(modes[m], state, there, need, allowed->op);
				const bool denied = reason != REASON_NONE && modes[m] == CLAIMS_ENFORCE;
				struct verdict verdict = *allowed;

				config.claims_mode = modes[m];
				verdict.claim = modes[m] == CLAIMS_OFF ? CLAIM_OFF : CLAIM_NONE;
				verdict_apply_claim(&verdict, &config, state, there);
				cr_assert_eq(verdict.kind, denied ? VERDICT_DENY : VERDICT_ALLOW,
					"%s: %s, mode %zu, there %d", what, claim_word(state), m, there);
				cr_assert_eq(verdict.reason, reason, "%s: %s, mode %zu, there %d", what,
					claim_word(state), m, there);
				cr_assert_eq(verdict.claim, recorded(modes[m], state, need),
					"%s: %s, mode %zu, there %d", what, claim_word(state), m, there);
			}
}

Test(claim, is_needed_by_every_command_that_writes_and_no_other)
{
	const struct config config = both_transports();
	bool seen[FORM_COUNT] = { false };

	for (size_t i = 0; i < N_ELEMENTS(lines); i++) {
		struct decided decided;

		decide_line(&decided, &config, bytes_of(lines[i].line), false);
		cr_assert_eq(decided.verdict.needs_claim, lines[i].need == NEED_CLAIM, "%s", lines[i].line);
		check_claims(&decided.verdict, config, lines[i].need, lines[i].line);
		seen[decided.match.form] = true;
	}
	for (unsigned id = FORM_NONE + 1; id < FORM_COUNT; id++)
		cr_assert(seen[id], "%s has no row", form_row((enum form_id)id)->id);
}

Test(claim, is_needed_by_what_a_stream_asks_for_as_by_a_command)
{
	const struct config config = both_transports();

	for (size_t i = 0; i < N_ELEMENTS(streams); i++) {
		const struct verdict verdict =
			verdict_decide_stream(&config, streams[i].form, streams[i].op, streams[i].path);

		cr_assert_eq(verdict.needs_claim, streams[i].need == NEED_CLAIM, "row %zu", i);
		check_claims(&verdict, config, streams[i].need, streams[i].path);
	}
}

Test(claim, of_another_that_was_faster_is_recorded_as_such)
{
	const struct config config = both_transports();
	static const enum reason reasons[] = { REASON_NOT_CLAIMED, REASON_TOO_MANY_CLAIMS };

	for (size_t i = 0; i < N_ELEMENTS(reasons); i++) {
		struct decided decided;

		decide_line(&decided, &config, bytes_of("mkdir -p " I "/" U), false);
		verdict_apply_claim(&decided.verdict, &config, CLAIM_STALE, true);
		cr_assert_eq(decided.verdict.kind, VERDICT_ALLOW);
		verdict_deny_late(&decided.verdict, reasons[i]);
		cr_assert_eq(decided.verdict.kind, VERDICT_DENY);
		cr_assert_eq(decided.verdict.reason, reasons[i]);
		cr_assert_eq(decided.verdict.claim, i == 0 ? CLAIM_OTHER : CLAIM_STALE);
	}
}

Test(claim, says_off_from_the_start_where_claims_are_off)
{
	struct config config = both_transports();
	struct decided decided;

	for (size_t m = 0; m < N_ELEMENTS(modes); m++) {
		config.claims_mode = modes[m];
		decide_line(&decided, &config, bytes_of("scp -f " I "/_base/x"), false);
		cr_assert_eq(decided.verdict.claim, modes[m] == CLAIMS_OFF ? CLAIM_OFF : CLAIM_NONE);
	}
}

/* Claims never allow: a denial for another reason stays, with its reason. */
Test(claim, never_allows_what_was_denied)
{
	static const char *const denied[] = { "touch /etc/x", "touch " I "/_base/x", "id", "scp -f " I "/" U "/disk" };
	struct config config = both_transports();

	for (size_t i = 0; i < N_ELEMENTS(denied); i++)
		for (size_t m = 0; m < N_ELEMENTS(modes); m++)
			for (unsigned s = 0; s < CLAIM_COUNT; s++) {
				struct decided decided;
				struct verdict verdict;

				config.claims_mode = modes[m];
				decide_line(&decided, &config, bytes_of(denied[i]), false);
				verdict = decided.verdict;
				verdict_apply_claim(&verdict, &config, (enum claim_state)s, s % 2 == 0);
				cr_assert_eq(verdict.kind, VERDICT_DENY);
				cr_assert_eq(verdict.reason, decided.verdict.reason);
				cr_assert_eq(verdict.claim, CLAIM_NONE);
			}
}

/* An unknown mode counts as enforce. */
Test(claim, mode_out_of_range_enforces)
{
	struct config config = both_transports();
	struct decided decided;

	config.claims_mode = 4711;
	decide_line(&decided, &config, bytes_of("touch " I "/" U "/disk"), false);
	verdict_apply_claim(&decided.verdict, &config, CLAIM_OTHER, true);
	cr_assert_eq(decided.verdict.kind, VERDICT_DENY);
}
