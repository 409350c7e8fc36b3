/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>
#include <stdio.h>

#include "base/sha256.h"

static const char *of(const void *bytes, size_t len)
{
	static char text[2 * SHA256_SIZE + 1];
	uint8_t digest[SHA256_SIZE];

	sha256(digest, bytes, len);
	for (unsigned i = 0; i < SHA256_SIZE; i++)
		sprintf(text + 2 * i, "%02x", digest[i]);
	return text;
}

/* FIPS 180-4 examples of NIST: "abc", two blocks, a million times "a"; and nothing. */
Test(sha256, gives_the_examples_of_the_standard)
{
	static const char two[] = "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq";
	static char million[1000000];

	memset(million, 'a', sizeof(million));
	cr_assert_str_eq(of("", 0), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
	cr_assert_str_eq(of("abc", 3), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	cr_assert_str_eq(of(two, sizeof(two) - 1), "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
	cr_assert_str_eq(
		of(million, sizeof(million)), "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

/* Each place of the end within a block; the digest of all digests, as Python's hashlib has it. */
Test(sha256, ends_a_message_of_any_length)
{
	static uint8_t all[301 * SHA256_SIZE], bytes[301];

	for (unsigned i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)(i % 251);
	for (unsigned n = 0; n <= 300; n++)
		sha256(all + n * SHA256_SIZE, bytes, n);
	cr_assert_str_eq(of(all, sizeof(all)), "b90e35153500e9a471591550ee25a954527c6b4448afff95f7949a2ca93300ce");
}
