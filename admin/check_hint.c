/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/check_hint.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const struct key {
	const char *section, *name, *parser;
	int64_t least, most;
} keys[] = {
#define KEY(section, name, initial, parser, member, least, most) { section, name, #parser, least, most },
#include "policy/config.def"
#undef KEY
#define NARROW(name, parser, member, least, most, judge) { "profile", name, #parser, least, most },
#include "policy/profile.def"
#undef NARROW
};

/* The values that each parser of policy/value.h takes. A test tries each word of a list. */
static const struct {
	const char *parser, *takes;
} values[] = {
	{ "transports", "a list of ssh, rsync" },
	{ "image_formats", "a list of raw, qcow2, vdi, vpc, vhdx" },
	{ "roots",
		"up to 4 absolute paths, comma-separated, without blanks, not nested, and no directory of the system" },
	{ "instance_patterns", "up to 8 paths below an instance, comma-separated, each beginning with %u" },
	{ "instance_files", "up to 8 files of an instance, comma-separated, as %u/NAME" },
	{ "patterns", "up to 8 relative paths, comma-separated" },
	{ "ssh_options", "NAME=VALUE of ssh_config(5), comma-separated" },
	{ "addresses", "addresses or host names, comma-separated" },
	{ "paths", "up to 8 absolute paths, comma-separated" },
	{ "device_paths", "up to 8 beginnings of paths below /dev, comma-separated" },
	{ "bridges", "up to 8 names of bridges, comma-separated; a * may end one" },
	{ "rbd_pools", "up to 8 names of pools, comma-separated" },
	{ "program", "an absolute path" },
	{ "file", "an absolute path" },
	{ "yes_no", "yes, no" },
	{ "on_off", "on, off" },
	{ "landlock", "required, optional" },
	{ "format", "logfmt, json" },
	{ "fence", "closed, open" },
	{ "claims_mode", "enforce, audit, off" },
	{ "images_mode", "enforce, audit, off" },
	{ "identity", "address, key, address+key" },
	{ "namespaces", "required, auto, off" },
	{ "facility", "auth, authpriv, daemon, user, local0 to local7" },
	{ "direction", "send, receive, live, all" },
	{ "instances", "uuids, comma-separated" },
	{ "peers", "addresses and ADDRESS/BITS, comma-separated" },
};

enum {
	NAME_LEN_MAX = 48,
};

static unsigned least_of(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

/* The Levenshtein distance of two names. */
static unsigned distance(const char *a, const char *b)
{
	unsigned row[NAME_LEN_MAX + 1];
	const size_t len = strnlen(b, NAME_LEN_MAX);

	for (unsigned j = 0; j <= len; j++)
		row[j] = j;
	for (unsigned i = 1; a[i - 1] != '\0'; i++) {
		unsigned corner = row[0];

		row[0] = i;
		for (unsigned j = 1; j <= len; j++) {
			const unsigned above = row[j];

			row[j] = least_of(least_of(above, row[j - 1]) + 1, corner + (a[i - 1] != b[j - 1]));
			corner = above;
		}
	}
	return row[len];
}

/* Is it close enough to be a typing error: a third of the letters? */
static bool is_close(const char *name, unsigned found)
{
	return found <= 1 + strlen(name) / 3;
}

/* Is the key in this section? All profiles have the same keys. */
static bool is_in(const struct key *key, const char *section, size_t len)
{
	if (len > strlen("profile ") && strncmp(section, "profile ", strlen("profile ")) == 0)
		len = strlen("profile");
	return strlen(key->section) == len && strncmp(key->section, section, len) == 0;
}

static void section_hint(char out[CHECK_HINT_MAX], const char *section)
{
	const char *kind;
	const struct key *best = NULL;
	unsigned closest = UINT32_MAX;

	for (size_t i = 0; i < N_ELEMENTS(keys); i++) {
		const unsigned found = distance(section, keys[i].section);

		if (found < closest) {
			closest = found;
			best = &keys[i];
		}
	}
	if (!is_close(section, closest))
		return;
	kind = strcmp(best->section, "profile") == 0 ? " NAME" : "";
	snprintf(out, CHECK_HINT_MAX, "do you mean [%s%s]?", best->section, kind);
}

/* First looks for the same name in another section, then for the closest name in this one. */
static void key_hint(char out[CHECK_HINT_MAX], const char *section, size_t section_len, const char *name)
{
	const struct key *best = NULL;
	unsigned closest = UINT32_MAX;

	for (size_t i = 0; i < N_ELEMENTS(keys); i++) {
		if (strcmp(keys[i].name, name) == 0 && !is_in(&keys[i], "profile", strlen("profile"))) {
			snprintf(out, CHECK_HINT_MAX, "it belongs in [%s]", keys[i].section);
			return;
		}
		if (!is_in(&keys[i], section, section_len) || distance(name, keys[i].name) >= closest)
			continue;
		closest = distance(name, keys[i].name);
		best = &keys[i];
	}
	if (best != NULL && is_close(name, closest))
		snprintf(out, CHECK_HINT_MAX, "do you mean %s?", best->name);
}

/* A key above the first section. */
static void orphan_hint(char out[CHECK_HINT_MAX], const char *name)
{
	for (size_t i = 0; i < N_ELEMENTS(keys); i++)
		if (strcmp(keys[i].name, name) == 0) {
			snprintf(out, CHECK_HINT_MAX, "no [section] is above this line; the key belongs in [%s]",
				keys[i].section);
			return;
		}
	snprintf(out, CHECK_HINT_MAX, "no [section] is above this line");
}

/* A line of the file, without its newline. Borrows. */
static struct bytes line_find(struct bytes file, unsigned line)
{
	const char *at = file.at, *const end = file.at + file.len;
	const char *newline;

	for (; line > 1 && at < end; line--) {
		newline = memchr(at, '\n', (size_t)(end - at));
		at = newline == NULL ? end : newline + 1;
	}
	newline = at == end ? NULL : memchr(at, '\n', (size_t)(end - at));
	return (struct bytes){ at, (size_t)((newline == NULL ? end : newline) - at) };
}

/* The value on a line, without a comment. Borrows. */
static struct bytes value_find(struct bytes line)
{
	const char *const at = line.at;
	size_t len, from;

	for (len = 0; len < line.len; len++)
		if (at[len] == ';' && len > 0 && (at[len - 1] == ' ' || at[len - 1] == '\t'))
			break;
	for (from = 0; from < len && at[from] != '=' && at[from] != ':'; from++)
		;
	from += from < len;
	for (; from < len && (at[from] == ' ' || at[from] == '\t'); from++)
		;
	for (; len > from && (at[len - 1] == ' ' || at[len - 1] == '\t'); len--)
		;
	return (struct bytes){ at + from, len - from };
}

static void number_text(char *out, size_t size, const struct key *key)
{
	const bool is_size = strcmp(key->parser, "size") == 0, is_duration = strcmp(key->parser, "duration") == 0;
	const char *const kind = is_size ? "a number of bytes, or with K, M, G or T"
		: is_duration		 ? "seconds, or a number with s, m, h or d"
					 : "a number";

	if (key->most == INT64_MAX)
		snprintf(out, size, "%s", kind);
	else
		snprintf(out, size, "%s; from %" PRId64 " to %" PRId64 "%s", kind, key->least, key->most,
			is_duration ? " seconds" : "");
}

static void takes_text(char *out, size_t size, const struct key *key)
{
	for (size_t i = 0; i < N_ELEMENTS(values); i++)
		if (strcmp(values[i].parser, key->parser) == 0) {
			snprintf(out, size, "%s", values[i].takes);
			return;
		}
	number_text(out, size, key);
}

static void value_hint(char out[CHECK_HINT_MAX], const struct key *key, struct bytes value)
{
	const char *slip = "";
	char takes[256];

	if (value.len != 0 && (value.at[0] == '"' || value.at[0] == '\''))
		slip = "; write it without quotes";
	else if (memmem(value.at, value.len, " #", 2) != NULL)
		slip = "; begin a comment after a value with a blank and a semicolon";
	takes_text(takes, sizeof(takes), key);
	snprintf(out, CHECK_HINT_MAX, "it is \"%.*s\", and %s takes %s%s", (int)value.len, value.at, key->name, takes,
		slip);
}

/* Names the first byte that no line may have. */
static void byte_hint(char out[CHECK_HINT_MAX], struct bytes line)
{
	size_t at = 0;

	while (at < line.len && (line.at[at] == '\t' || (line.at[at] >= ' ' && line.at[at] <= '~')))
		at++;
	if (at == line.len)
		return;
	if (line.at[at] == '\r')
		snprintf(out, CHECK_HINT_MAX,
			"it is the carriage return of Windows: sed -i 's/\\r$//' removes all of them");
	else if (line.len - at >= 3 && memcmp(&line.at[at], "\xef\xbb\xbf", 3) == 0)
		snprintf(out, CHECK_HINT_MAX, "it is a byte order mark: save the file without it");
	else
		snprintf(out, CHECK_HINT_MAX, "it is 0x%02x in column %zu", (unsigned char)line.at[at], at + 1);
}

void check_hint(char out[CHECK_HINT_MAX], const struct config_fault *fault, struct bytes file)
{
	const char *const dot = strrchr(fault->key, '.');
	const size_t section_len = dot == NULL ? 0 : (size_t)(dot - fault->key);
	struct bytes line = { "", 0 };

	out[0] = '\0';
	if (fault->line != 0)
		line = line_find(file, fault->line);
	if (fault->error == CONFIG_BAD_BYTE)
		byte_hint(out, line);
	else if (fault->error == CONFIG_UNKNOWN_SECTION && (line.len == 0 || line.at[0] != '['))
		orphan_hint(out, fault->key);
	else if (fault->error == CONFIG_UNKNOWN_SECTION)
		section_hint(out, fault->key);
	else if (fault->error == CONFIG_UNKNOWN_KEY && dot != NULL)
		key_hint(out, fault->key, section_len, dot + 1);
	if (fault->error != CONFIG_BAD_VALUE || dot == NULL)
		return;
	for (size_t i = 0; i < N_ELEMENTS(keys); i++)
		if (is_in(&keys[i], fault->key, section_len) && strcmp(keys[i].name, dot + 1) == 0)
			value_hint(out, &keys[i], value_find(line));
}
