/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>

#include <stdlib.h>

#include "policy/certificate.h"
#include "tests/unit/policy/random.h"

enum {
	BLOB_MAX = 4096,
};

struct blob {
	size_t len;
	char at[BLOB_MAX];
};

static void put_number(struct blob *blob, uint64_t number, unsigned size)
{
	for (unsigned i = size; i-- > 0;)
		blob->at[blob->len++] = (char)(number >> 8 * i);
}

static void put(struct blob *blob, const char *text, size_t len)
{
	put_number(blob, len, 4);
	memcpy(blob->at + blob->len, text, len);
	blob->len += len;
}

static void put_text(struct blob *blob, const char *text)
{
	put(blob, text, strlen(text));
}

static const struct type {
	const char *type, *plain;
	unsigned strings;
} types[] = {
	{ "ssh-rsa-cert-v01@openssh.com", "ssh-rsa", 2 },
	{ "ssh-dss-cert-v01@openssh.com", "ssh-dss", 4 },
	{ "ssh-ed25519-cert-v01@openssh.com", "ssh-ed25519", 1 },
	{ "ecdsa-sha2-nistp256-cert-v01@openssh.com", "ecdsa-sha2-nistp256", 2 },
	{ "ecdsa-sha2-nistp384-cert-v01@openssh.com", "ecdsa-sha2-nistp384", 2 },
	{ "ecdsa-sha2-nistp521-cert-v01@openssh.com", "ecdsa-sha2-nistp521", 2 },
	{ "sk-ssh-ed25519-cert-v01@openssh.com", "sk-ssh-ed25519@openssh.com", 2 },
	{ "sk-ecdsa-sha2-nistp256-cert-v01@openssh.com", "sk-ecdsa-sha2-nistp256@openssh.com", 3 },
};

static struct blob plain_key(const char *type)
{
	struct blob blob = { .len = 0 };

	put_text(&blob, type);
	put_text(&blob, "the key of the authority, 32 byte");
	return blob;
}

/* The parts that a test changes. */
struct making {
	const struct type *type;
	const char *id;
	size_t id_len;
	uint64_t use;
	struct blob authority;
};

static struct making usual(void)
{
	return (struct making){ &types[2], "compute1", 8, 1, plain_key("ssh-ed25519") };
}

static struct blob make(const struct making *making)
{
	struct blob blob = { .len = 0 };

	put_text(&blob, making->type->type);
	put_text(&blob, "nonce nonce nonce nonce nonce 32");
	for (unsigned i = 0; i < making->type->strings; i++)
		put_text(&blob, &"xyzw a part of the key"[i]);
	put_number(&blob, 0xfedcba9876543210, 8);
	put_number(&blob, making->use, 4);
	put(&blob, making->id, making->id_len);
	put_text(&blob, "principals");
	put_number(&blob, 0, 8);
	put_number(&blob, UINT64_MAX, 8);
	put_text(&blob, "options");
	put_text(&blob, "extensions");
	put_text(&blob, "");
	put(&blob, making->authority.at, making->authority.len);
	put_text(&blob, "signature");
	return blob;
}

/* Parses a copy of the exact size, so that a sanitizer sees a read past its end. On failure *out must be untouched. */
static bool parse(struct certificate *out, const struct blob *blob, char **copy)
{
	struct certificate untouched;
	bool parsed;

	*copy = malloc(blob->len == 0 ? 1 : blob->len);
	memcpy(*copy, blob->at, blob->len);
	memset(&untouched, 0x5a, sizeof(untouched));
	*out = untouched;
	parsed = certificate_parse(out, (struct bytes){ *copy, blob->len });
	if (!parsed)
		cr_assert_eq(memcmp(out, &untouched, sizeof(untouched)), 0);
	return parsed;
}

static bool parses(const struct blob *blob)
{
	struct certificate certificate;
	char *copy;
	const bool parsed = parse(&certificate, blob, &copy);

	free(copy);
	return parsed;
}

Test(certificate, of_every_type_has_its_plain_key)
{
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		struct making making = usual();
		struct certificate certificate;
		struct blob blob, key = { .len = 0 };
		char *copy;

		making.type = &types[i];
		blob = make(&making);
		cr_assert(parse(&certificate, &blob, &copy), "%s", types[i].type);
		cr_expect(certificate_is((struct bytes){ copy, blob.len }));
		cr_expect_str_eq(certificate.plain_type, types[i].plain);
		for (unsigned part = 0; part < types[i].strings; part++)
			put_text(&key, &"xyzw a part of the key"[part]);
		cr_expect(bytes_equal(certificate.key, (struct bytes){ key.at, key.len }), "%s", types[i].type);
		cr_expect(bytes_equal(certificate.id, bytes_of("compute1")));
		cr_expect(bytes_equal(
			certificate.authority, (struct bytes){ making.authority.at, making.authority.len }));
		cr_expect_eq(certificate.serial, UINT64_C(0xfedcba9876543210));
		/* The plain blob fits into a buffer of the certificate's size. */
		cr_expect_leq(4 + strlen(certificate.plain_type) + certificate.key.len, blob.len);
		free(copy);
	}
}

Test(certificate, is_whole_or_nothing)
{
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		struct making making = usual();
		struct blob blob;

		making.type = &types[i];
		blob = make(&making);
		for (size_t len = 0; len < blob.len; len++) {
			struct blob shorter = blob;

			shorter.len = len;
			cr_assert_not(parses(&shorter), "%s, %zu", types[i].type, len);
		}
		blob.at[blob.len++] = '\0';
		cr_assert_not(parses(&blob), "%s", types[i].type);
	}
}

Test(certificate, is_a_user_s_of_a_known_type_and_signed_by_a_key)
{
	static const struct type unknown = { "ssh-xmss-cert-v01@openssh.com", "", 1 }, plain = { "ssh-ed25519", "", 1 },
				 longer = { "ssh-ed25519-cert-v01@openssh.comx", "", 1 },
				 older = { "ssh-ed25519-cert-v00@openssh.com", "", 1 },
				 bare = { "-cert-v01@openssh.com", "", 1 };
	static const struct {
		const struct type *type;
		bool is;
	} rows[] = { { &unknown, true }, { &plain, false }, { &longer, false }, { &older, false }, { &bare, false } };
	struct making making = usual();
	struct blob blob;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		making.type = rows[i].type;
		blob = make(&making);
		cr_expect_not(parses(&blob), "%s", rows[i].type->type);
		cr_expect_eq(certificate_is((struct bytes){ blob.at, blob.len }), rows[i].is, "%s", rows[i].type->type);
	}
	making = usual();
	making.use = 2;
	blob = make(&making);
	cr_expect_not(parses(&blob), "a host's");
	making = usual();
	making.authority = make(&making);
	blob = make(&making);
	cr_expect_not(parses(&blob), "signed by a certificate");
	making.authority = (struct blob){ .len = 0 };
	blob = make(&making);
	cr_expect_not(parses(&blob), "signed by nothing");
	put_text(&making.authority, "");
	blob = make(&making);
	cr_expect_not(parses(&blob), "signed by a key of no type");
}

Test(certificate, has_an_id_without_a_nul)
{
	static const struct {
		const char *id;
		size_t len;
		bool good;
	} rows[] = { { "", 0, true }, { "\0", 1, false }, { "a\0b", 3, false }, { "a b=\"\n\xff", 7, true },
		{ "ab\0", 3, false } };

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct making making = usual();
		struct blob blob;

		making.id = rows[i].id;
		making.id_len = rows[i].len;
		blob = make(&making);
		cr_expect_eq(parses(&blob), rows[i].good, "%zu", i);
	}
}

/* A length that wraps, or that exceeds the blob. */
Test(certificate, of_any_bytes_is_read_within_them)
{
	struct random random = { 1701 };
	const struct making making = usual();
	const struct blob good = make(&making);

	for (unsigned round = 0; round < 100000; round++) {
		struct blob blob = good;
		const unsigned changes = random_below(&random, 4) + 1;

		for (unsigned i = 0; i < changes; i++)
			blob.at[random_below(&random, (unsigned)blob.len)] =
				(char)(random_below(&random, 3) == 0 ? 0xff : random_next(&random));
		blob.len -= random_below(&random, 3) == 0 ? random_below(&random, (unsigned)blob.len) : 0;
		(void)parses(&blob);
	}
}
