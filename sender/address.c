/* SPDX-License-Identifier: Apache-2.0 */
#include "sender/address.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#define LETTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
#define DIGITS "0123456789"

/* The bytes of a word on the wire (policy/words.h) that a path may have. */
#define PATH_BYTES LETTERS DIGITS "._/:=,@+-"

static enum address_error part_copy(char *out, size_t size, const char *at, size_t len)
{
	if (len == 0)
		return ADDRESS_EMPTY;
	if (len >= size)
		return ADDRESS_TOO_LONG;
	if (at[0] == '-')
		return ADDRESS_LEADING_DASH;
	memcpy(out, at, len);
	out[len] = '\0';
	return ADDRESS_OK;
}

/* An IPv6 address, with or without a zone: fe80::1%eth0. */
static bool is_ipv6(const char *name)
{
	char address[INET6_ADDRSTRLEN];
	struct in6_addr parsed;
	const size_t len = strcspn(name, "%");
	const char *const zone = name + len;

	if (len >= sizeof(address))
		return false;
	memcpy(address, name, len);
	address[len] = '\0';
	if (zone[0] == '%' &&
		(zone[1] == '\0' || zone[1] == '-' || zone[1 + strspn(zone + 1, LETTERS DIGITS "._-")] != '\0'))
		return false;
	return inet_pton(AF_INET6, address, &parsed) == 1;
}

static bool is_name(const char *name)
{
	return name[strspn(name, LETTERS DIGITS "._-")] == '\0';
}

static enum address_error name_parse(struct host *out, const char *at, size_t len)
{
	const bool bracketed = len >= 2 && at[0] == '[' && at[len - 1] == ']';
	const enum address_error error = bracketed ? part_copy(out->name, sizeof(out->name), at + 1, len - 2)
						   : part_copy(out->name, sizeof(out->name), at, len);

	if (error != ADDRESS_OK)
		return error;
	out->ipv6 = is_ipv6(out->name);
	if (out->ipv6 || (!bracketed && is_name(out->name)))
		return ADDRESS_OK;
	return ADDRESS_BAD_HOST;
}

static enum address_error host_parse_part(struct host *out, const char *text, size_t len)
{
	const char *const at = memchr(text, '@', len);
	const size_t user_len = at == NULL ? 0 : (size_t)(at - text);
	const size_t skip = at == NULL ? 0 : user_len + 1;
	enum address_error error;

	*out = (struct host){ 0 };
	if (at != NULL) {
		error = part_copy(out->user, sizeof(out->user), text, user_len);
		if (error != ADDRESS_OK)
			return error == ADDRESS_EMPTY ? ADDRESS_BAD_USER : error;
		if (out->user[strspn(out->user, LETTERS DIGITS "._+-")] != '\0')
			return ADDRESS_BAD_USER;
	}
	return name_parse(out, text + skip, len - skip);
}

enum address_error host_parse(struct host *out, const char *text)
{
	struct host host;
	const enum address_error error = host_parse_part(&host, text, strlen(text));

	if (error == ADDRESS_OK)
		*out = host;
	return error;
}

static void host_write(char out[ADDRESS_LOGIN_MAX], const struct host *host, bool brackets)
{
	const bool quoted = brackets && host->ipv6;

	(void)snprintf(out, ADDRESS_LOGIN_MAX, "%s%s%s%s%s", host->user, host->user[0] == '\0' ? "" : "@",
		quoted ? "[" : "", host->name, quoted ? "]" : "");
}

void host_login(char out[ADDRESS_LOGIN_MAX], const struct host *host)
{
	host_write(out, host, false);
}

void host_prefix(char out[ADDRESS_LOGIN_MAX], const struct host *host)
{
	host_write(out, host, true);
}

bool address_is_remote(const char *text)
{
	bool bracketed = text[0] == '[';

	if (text[0] == ':')
		return false;
	for (; *text != '\0' && *text != '/'; text++) {
		bracketed = bracketed || (text[0] == '@' && text[1] == '[');
		if (bracketed ? text[0] == ']' && text[1] == ':' : text[0] == ':')
			return true;
	}
	return false;
}

enum address_error address_parse(struct address *out, const char *text)
{
	const char *const end = strstr(text, ":/");
	struct address address;
	enum address_error error;

	if (end == NULL)
		return strchr(text, ':') == NULL ? ADDRESS_BAD_HOST : ADDRESS_NOT_ABSOLUTE;
	error = host_parse_part(&address.host, text, (size_t)(end - text));
	if (error != ADDRESS_OK)
		return error;
	if (address.host.ipv6 && end[-1] != ']')
		return ADDRESS_BARE_IPV6;
	error = remote_path_check(end + 1);
	if (error != ADDRESS_OK)
		return error;
	strcpy(address.path, end + 1);
	*out = address;
	return ADDRESS_OK;
}

enum address_error remote_path_check(const char *path)
{
	if (path[0] == '\0')
		return ADDRESS_EMPTY;
	if (path[0] != '/')
		return ADDRESS_NOT_ABSOLUTE;
	if (strlen(path) >= ADDRESS_PATH_MAX)
		return ADDRESS_TOO_LONG;
	if (path[strspn(path, PATH_BYTES)] != '\0')
		return ADDRESS_BAD_PATH_BYTE;
	for (const char *name = path; *name != '\0'; name += strcspn(name, "/")) {
		const size_t len = strcspn(++name, "/");

		if (len == 0 || strncmp(name, ".", len) == 0 || (len == 2 && strncmp(name, "..", 2) == 0))
			return ADDRESS_BAD_PATH_NAME;
	}
	return ADDRESS_OK;
}

bool remote_path_join(char out[ADDRESS_PATH_MAX], const char *dir, const char *name)
{
	return snprintf(out, ADDRESS_PATH_MAX, "%s/%s", dir, name) < ADDRESS_PATH_MAX &&
		remote_path_check(out) == ADDRESS_OK;
}

const char *address_error_text(enum address_error error)
{
	switch (error) {
	case ADDRESS_OK:
		return "no fault";
	case ADDRESS_EMPTY:
		return "the host or the path is empty";
	case ADDRESS_TOO_LONG:
		return "the user, host or path is too long";
	case ADDRESS_LEADING_DASH:
		return "a user or host cannot begin with '-'";
	case ADDRESS_BAD_USER:
		return "a user's name has letters, digits and . _ + - only";
	case ADDRESS_BAD_HOST:
		return "not a host name, an IPv4 or an IPv6 address";
	case ADDRESS_BARE_IPV6:
		return "an IPv6 address before a path goes in brackets: [::1]:/path";
	case ADDRESS_NOT_ABSOLUTE:
		return "a path on the other end begins with '/' (a local name with a colon: write ./name)";
	case ADDRESS_BAD_PATH_BYTE:
		return "a path on the other end has letters, digits and . _ / : = , @ + - only";
	case ADDRESS_BAD_PATH_NAME:
		return "a path on the other end has no empty, \".\" or \"..\" name and no slash at its end";
	}
	return "unknown fault";
}
