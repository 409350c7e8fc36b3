/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/certificate.h"

enum {
	USER_CERTIFICATE = 1,
};

static const char ending[] = "-cert-v01@openssh.com";

/* In a certificate, the strings and mpints of the key follow the nonce. */
static const struct type {
	const char *type, *plain_type;
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

static bool take(struct bytes *rest, struct bytes *out, uint64_t len)
{
	if (len > rest->len)
		return false;
	*out = (struct bytes){ rest->at, (size_t)len };
	rest->at += len;
	rest->len -= (size_t)len;
	return true;
}

static bool take_number(struct bytes *rest, uint64_t *out, unsigned size)
{
	struct bytes digits;

	if (!take(rest, &digits, size))
		return false;
	*out = 0;
	for (unsigned i = 0; i < size; i++)
		*out = *out << 8 | (unsigned char)digits.at[i];
	return true;
}

static bool take_string(struct bytes *rest, struct bytes *out)
{
	uint64_t len;

	return take_number(rest, &len, 4) && take(rest, out, len);
}

static const struct type *type_find(struct bytes type)
{
	for (size_t i = 0; i < N_ELEMENTS(types); i++)
		if (bytes_equal(type, bytes_of(types[i].type)))
			return &types[i];
	return NULL;
}

/* Takes that many strings as one range. */
static bool take_strings(struct bytes *rest, struct bytes *out, unsigned strings)
{
	const char *const begin = rest->at;
	struct bytes string;

	for (unsigned i = 0; i < strings; i++)
		if (!take_string(rest, &string))
			return false;
	*out = (struct bytes){ begin, (size_t)(rest->at - begin) };
	return true;
}

/* Skips that many strings. */
static bool skip(struct bytes *rest, unsigned strings)
{
	struct bytes skipped;

	return take_strings(rest, &skipped, strings);
}

bool certificate_is(struct bytes blob)
{
	const size_t len = sizeof(ending) - 1;
	struct bytes type;

	return take_string(&blob, &type) && type.len > len && memcmp(type.at + type.len - len, ending, len) == 0;
}

static bool is_authority(struct bytes blob)
{
	struct bytes type;

	return !certificate_is(blob) && take_string(&blob, &type) && type.len != 0;
}

bool certificate_parse(struct certificate *out, struct bytes blob)
{
	struct certificate found;
	struct bytes name;
	uint64_t use, validity;
	const struct type *type;

	if (!take_string(&blob, &name) || (type = type_find(name)) == NULL)
		return false;
	found.plain_type = type->plain_type;
	/* nonce, key, serial, type, id, principals, valid after, valid before, options, extensions, reserved */
	if (!skip(&blob, 1) || !take_strings(&blob, &found.key, type->strings) ||
		!take_number(&blob, &found.serial, 8) || !take_number(&blob, &use, 4) || use != USER_CERTIFICATE ||
		!take_string(&blob, &found.id) || !skip(&blob, 1) || !take_number(&blob, &validity, 8) ||
		!take_number(&blob, &validity, 8) || !skip(&blob, 3))
		return false;
	if (!take_string(&blob, &found.authority) || !skip(&blob, 1) || blob.len != 0 ||
		!is_authority(found.authority) ||
		(found.id.len != 0 && memchr(found.id.at, '\0', found.id.len) != NULL))
		return false;
	*out = found;
	return true;
}
