/* SPDX-License-Identifier: Apache-2.0 */
/* A certificate is read as PROTOCOL.certkeys says, or refused. A second reading splits the same blob at the same
 * places, by a letter for each part. */
#include <string.h>

#include "policy/certificate.h"
#include "tests/fuzz/must.h"

/* After the type: s a string, k one of the key, q eight bytes, u four. i, a: the id and the authority; q is the serial
 * when it comes first. */
static const struct {
	const char *type, *plain, *parts;
} types[] = {
	{ "ssh-rsa-cert-v01@openssh.com", "ssh-rsa", "skkquisqqsssas" },
	{ "ssh-dss-cert-v01@openssh.com", "ssh-dss", "skkkkquisqqsssas" },
	{ "ssh-ed25519-cert-v01@openssh.com", "ssh-ed25519", "skquisqqsssas" },
	{ "ecdsa-sha2-nistp256-cert-v01@openssh.com", "ecdsa-sha2-nistp256", "skkquisqqsssas" },
	{ "ecdsa-sha2-nistp384-cert-v01@openssh.com", "ecdsa-sha2-nistp384", "skkquisqqsssas" },
	{ "ecdsa-sha2-nistp521-cert-v01@openssh.com", "ecdsa-sha2-nistp521", "skkquisqqsssas" },
	{ "sk-ssh-ed25519-cert-v01@openssh.com", "sk-ssh-ed25519@openssh.com", "skkquisqqsssas" },
	{ "sk-ecdsa-sha2-nistp256-cert-v01@openssh.com", "sk-ecdsa-sha2-nistp256@openssh.com", "skkkquisqqsssas" },
};

struct cut {
	size_t begin, end;
};

static uint64_t number_at(const uint8_t *data, size_t at, size_t size)
{
	uint64_t number = 0;

	for (size_t i = 0; i < size; i++)
		number = number * 256 + data[at + i];
	return number;
}

/* Moves *at past one part. False if the part is missing. */
static bool pass(const uint8_t *data, size_t size, size_t *at, char part, struct cut *out)
{
	const size_t fixed = part == 'q' ? 8 : 4;
	uint64_t len = 0;

	if (size - *at < fixed)
		return false;
	if (part != 'q' && part != 'u')
		len = number_at(data, *at, 4);
	if (size - *at - fixed < len)
		return false;
	*out = (struct cut){ *at + fixed, *at + fixed + len };
	*at = out->end;
	return true;
}

static bool ends_as_certificate(const uint8_t *data, size_t size)
{
	static const char ending[] = "-cert-v01@openssh.com";
	struct cut type;
	size_t at = 0;

	return pass(data, size, &at, 's', &type) && type.end - type.begin > strlen(ending) &&
		memcmp(data + type.end - strlen(ending), ending, strlen(ending)) == 0;
}

struct second {
	struct cut key, id, authority;
	uint64_t serial;
	const char *plain;
};

static bool second_parse(struct second *out, const uint8_t *data, size_t size)
{
	const char *parts = NULL;
	struct cut cut, type;
	size_t at = 0, inner = 0;
	bool user = false, dated = false;

	if (!pass(data, size, &at, 's', &cut))
		return false;
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (strlen(types[i].type) == cut.end - cut.begin &&
			memcmp(types[i].type, data + cut.begin, cut.end - cut.begin) == 0) {
			parts = types[i].parts;
			out->plain = types[i].plain;
		}
	if (parts == NULL)
		return false;
	for (const char *part = parts; *part != '\0'; part++) {
		const size_t begin = at;

		if (!pass(data, size, &at, *part, &cut))
			return false;
		if (*part == 'k')
			out->key = (struct cut){ part[-1] == 'k' ? out->key.begin : begin, at };
		else if (*part == 'i')
			out->id = cut;
		else if (*part == 'a')
			out->authority = cut;
		else if (*part == 'u')
			user = number_at(data, begin, 4) == 1;
		else if (*part == 'q' && !dated)
			out->serial = number_at(data, begin, 8), dated = true;
	}
	return user && at == size && memchr(data + out->id.begin, 0, out->id.end - out->id.begin) == NULL &&
		!ends_as_certificate(data + out->authority.begin, out->authority.end - out->authority.begin) &&
		pass(data + out->authority.begin, out->authority.end - out->authority.begin, &inner, 's', &type) &&
		type.end != type.begin;
}

static bool is_cut(struct bytes bytes, const uint8_t *data, struct cut cut)
{
	return bytes.at == (const char *)data + cut.begin && bytes.len == cut.end - cut.begin;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct certificate found, untouched;
	struct second second;
	bool parsed;

	memset(&untouched, 0x5a, sizeof(untouched));
	found = untouched;
	parsed = certificate_parse(&found, (struct bytes){ (const char *)data, size });
	MUST(certificate_is((struct bytes){ (const char *)data, size }) == ends_as_certificate(data, size));
	MUST(parsed == second_parse(&second, data, size));
	if (!parsed) {
		MUST(memcmp(&found, &untouched, sizeof(found)) == 0);
		return 0;
	}
	MUST(is_cut(found.key, data, second.key) && is_cut(found.id, data, second.id));
	MUST(is_cut(found.authority, data, second.authority) && found.serial == second.serial);
	MUST(strcmp(found.plain_type, second.plain) == 0 && 4 + strlen(found.plain_type) + found.key.len < size);
	return 0;
}
