/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/config.h"

#include <ini.h>
#include <stddef.h>

#include "policy/config_line.h"
#include "policy/value.h"

struct key {
	const char *section, *name, *initial;
	value_fn *parse;
	size_t member;
	struct bounds bounds;
};

/* The judges of profile.def: true if mine allows no more than base. */

static bool is_subset(const void *base, const void *mine)
{
	return (*(const unsigned *)mine & ~*(const unsigned *)base) == 0;
}

static bool is_no_more(const void *base, const void *mine)
{
	const int64_t most = *(const int64_t *)base, value = *(const int64_t *)mine;

	return most == 0 || (value != 0 && value <= most);
}

static bool is_no_less(const void *base, const void *mine)
{
	return *(const int64_t *)mine >= *(const int64_t *)base;
}

static bool is_bound(const void *base, const void *mine)
{
	(void)base;
	(void)mine;
	return true;
}

static const struct key keys[] = {
#define KEY(section, name, initial, parser, member, least, most) \
	{ section, name, initial, value_##parser, offsetof(struct config, member), { least, most } },
#include "policy/config.def"
#undef KEY
};

/* Keys of earlier releases that took only 0, in seconds. They have no effect. A node that is upgraded keeps its file,
 * and must not be locked out. */
static const struct obsolete_key {
	const char *section, *name;
} obsolete_keys[] = {
	{ "sender", "control_persist" },
};

_Static_assert(N_ELEMENTS(keys) <= 64, "struct reading keeps a bit for each key");

static const struct narrowing {
	struct key key;
	bool (*is_narrower)(const void *base, const void *mine);
} narrowings[] = {
#define NARROW(name, parser, member, least, most, judge) \
	{ { "profile", name, NULL, value_##parser, offsetof(struct config, member), { least, most } }, is_##judge },
#include "policy/profile.def"
#undef NARROW
};

/* What the section headers say about profiles: is there any, and is the wanted one there? */
struct profiles {
	const char *wanted;
	bool any, found;
};

struct reading {
	struct config *config;
	struct config_faults *faults;
	struct bytes rest;
	unsigned line;
	uint64_t seen; /* bit i: keys[i] was set */
	/* Used when the profiles are read, after all other sections: */
	const struct config *base;
	struct config *scratch; /* a profile's value is parsed here first, and judged */
	const char *wanted;
	char section[CONFIG_LINE_MAX + 1];
};

static void fault_put(
	struct config_faults *faults, enum config_error error, unsigned line, const char *section, const char *name)
{
	struct config_fault *fault;
	const char *const parts[] = { section, section[0] != '\0' ? "." : "", name };
	size_t used = 0;

	if (faults->count == CONFIG_FAULTS_MAX)
		return;
	fault = &faults->at[faults->count++];
	fault->error = error;
	fault->line = line;
	for (size_t i = 0; i < N_ELEMENTS(parts); i++)
		for (const char *at = parts[i]; *at != '\0' && used + 1 < sizeof(fault->key); at++)
			fault->key[used++] = *at;
	fault->key[used] = '\0';
}

static const struct key *key_find(const char *section, const char *name, enum config_error *error)
{
	*error = CONFIG_UNKNOWN_SECTION;
	for (size_t i = 0; i < N_ELEMENTS(keys); i++) {
		if (strcmp(keys[i].section, section) != 0)
			continue;
		if (strcmp(keys[i].name, name) == 0)
			return &keys[i];
		*error = CONFIG_UNKNOWN_KEY;
	}
	return NULL;
}

/* Sets the member of a key. False if the key does not take the value. */
static bool key_parse(const struct key *key, struct config *config, const char *value)
{
	return key->parse((char *)config + key->member, value, &key->bounds);
}

static bool is_obsolete(const char *section, const char *name, const char *value)
{
	static const struct bounds zero = { 0, 0 };
	int64_t seconds;

	for (size_t i = 0; i < N_ELEMENTS(obsolete_keys); i++)
		if (strcmp(obsolete_keys[i].section, section) == 0 && strcmp(obsolete_keys[i].name, name) == 0 &&
			value_duration(&seconds, value, &zero))
			return true;
	return false;
}

/* Returns the profile's name if the section is a profile, else NULL. */
static const char *profile_name(const char *section)
{
	static const char head[] = "profile ";

	return strncmp(section, head, sizeof(head) - 1) == 0 ? section + sizeof(head) - 1 : NULL;
}

/* Accepts only bytes that a forced command may contain. */
static bool profile_name_is_valid(const char *name)
{
	static const char first[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
	const size_t head = strspn(name, first);
	size_t len = 0;

	while (name[len] != '\0' && (strchr(first, name[len]) != NULL || strchr("._-", name[len]) != NULL))
		len++;
	return head != 0 && name[len] == '\0' && len < PROFILE_MAX;
}

/* True if a line of text begins with section in brackets. */
static bool has_header(struct bytes text, const char *section)
{
	const size_t len = strlen(section);

	for (size_t start = 0; start < text.len;) {
		const char *const at = text.at + start;
		const char *const end = memchr(at, '\n', text.len - start);

		if (text.len - start > len + 1 && at[0] == '[' && memcmp(at + 1, section, len) == 0 &&
			at[len + 1] == ']')
			return true;
		if (end == NULL)
			break;
		start = (size_t)(end - text.at) + 1;
	}
	return false;
}

/* Checks the header of a section, and notes that of a profile. before: the file up to this line. */
static enum config_error header_check(struct profiles *profiles, struct bytes before, const char *section)
{
	enum config_error error;

	(void)key_find(section, "", &error);
	if (error != CONFIG_UNKNOWN_SECTION)
		return CONFIG_OK;
	if (profile_name(section) == NULL)
		return error;
	if (!profile_name_is_valid(profile_name(section)))
		return CONFIG_BAD_PROFILE;
	profiles->any = true;
	if (strcmp(profile_name(section), profiles->wanted) == 0)
		profiles->found = true;
	return has_header(before, section) ? CONFIG_REPEATED_PROFILE : CONFIG_OK;
}

/* Checks each line and each header before inih reads the file. */
static void lines_check(struct config_faults *faults, struct profiles *profiles, struct bytes file)
{
	unsigned line = 1;

	for (size_t start = 0; start < file.len; line++) {
		const char *const at = file.at + start;
		const char *const end = memchr(at, '\n', file.len - start);
		const struct bytes text = { at, end == NULL ? file.len - start : (size_t)(end - at) };
		struct config_line found;
		enum config_error error = config_line_read(&found, text);

		if (error == CONFIG_OK && found.is_header)
			error = header_check(profiles, (struct bytes){ file.at, start }, found.section);
		if (error != CONFIG_OK)
			fault_put(faults, error, line, "", found.section);
		start += text.len + 1;
	}
}

/* Takes the next line, with its newline. */
static struct bytes line_take(struct reading *reading)
{
	const char *const at = reading->rest.at;
	const char *const end = reading->rest.len == 0 ? NULL : memchr(at, '\n', reading->rest.len);
	const size_t len = end == NULL ? reading->rest.len : (size_t)(end - at) + 1;

	reading->rest.at += len;
	reading->rest.len -= len;
	reading->line += len != 0;
	return (struct bytes){ at, len };
}

/* inih's reader: returns the next line as fgets(3) would. Lines are known to fit. */
static char *line_next(char *out, int size, void *stream)
{
	const struct bytes line = line_take(stream);

	if (line.len == 0 || size < 1 || line.len >= (size_t)size)
		return NULL;
	memcpy(out, line.at, line.len);
	out[line.len] = '\0';
	return out;
}

static enum config_error key_set(struct reading *reading, const char *section, const char *name, const char *value)
{
	enum config_error error;
	const struct key *const key = key_find(section, name, &error);
	uint64_t bit;

	if (key == NULL)
		return is_obsolete(section, name, value) ? CONFIG_OK : error;
	bit = UINT64_C(1) << (key - keys);
	if ((reading->seen & bit) != 0)
		return CONFIG_REPEATED_KEY;
	reading->seen |= bit;
	return key_parse(key, reading->config, value) ? CONFIG_OK : CONFIG_BAD_VALUE;
}

/* inih's handler: nonzero is success. Leaves the profiles for on_profile_key(). */
static int on_key(void *user, const char *section, const char *name, const char *value)
{
	struct reading *const reading = user;
	enum config_error error = key_set(reading, section, name, value);

	if (error == CONFIG_UNKNOWN_SECTION && profile_name(section) != NULL)
		error = CONFIG_OK;
	if (error != CONFIG_OK)
		fault_put(reading->faults, error, reading->line, section, name);
	return error == CONFIG_OK;
}

static const struct narrowing *narrowing_find(const char *name)
{
	for (size_t i = 0; i < N_ELEMENTS(narrowings); i++)
		if (strcmp(narrowings[i].key.name, name) == 0)
			return &narrowings[i];
	return NULL;
}

/* Checks one key of a profile, and sets it if the profile is the wanted one. */
static enum config_error profile_set(struct reading *reading, const char *section, const char *name, const char *value)
{
	const struct narrowing *const row = narrowing_find(name);
	uint64_t bit;

	if (row == NULL)
		return CONFIG_UNKNOWN_KEY;
	bit = UINT64_C(1) << (row - narrowings);
	if ((reading->seen & bit) != 0)
		return CONFIG_REPEATED_KEY;
	reading->seen |= bit;
	if (!key_parse(&row->key, reading->scratch, value))
		return CONFIG_BAD_VALUE;
	if (!row->is_narrower(
		    (const char *)reading->base + row->key.member, (const char *)reading->scratch + row->key.member))
		return CONFIG_WIDENS;
	if (strcmp(profile_name(section), reading->wanted) != 0)
		return CONFIG_OK;
	return key_parse(&row->key, reading->config, value) ? CONFIG_OK : CONFIG_BAD_VALUE;
}

/* inih's handler for the profiles, each of which has one section. */
static int on_profile_key(void *user, const char *section, const char *name, const char *value)
{
	struct reading *const reading = user;
	enum config_error error;

	if (profile_name(section) == NULL)
		return 1;
	if (strcmp(section, reading->section) != 0)
		reading->seen = 0;
	strcpy(reading->section, section);
	error = profile_set(reading, section, name, value);
	if (error != CONFIG_OK)
		fault_put(reading->faults, error, reading->line, section, name);
	return error == CONFIG_OK;
}

/* Checks each profile against *out, and narrows *out by the wanted one. */
static void profiles_read(struct config *out, struct config_faults *faults, struct bytes file, const char *wanted)
{
	const struct config base = *out;
	struct config scratch;
	struct reading reading = {
		.config = out,
		.faults = faults,
		.rest = file,
		.base = &base,
		.scratch = &scratch,
		.wanted = wanted,
	};
	int line;

	/* Profiles are older than the tunnel: none lets live migrations through unless it says so. */
	if (wanted[0] != '\0')
		out->scope.directions &= ~(unsigned)DIRECTION_LIVE;
	line = ini_parse_stream(line_next, &reading, on_profile_key, &reading);

	if (faults->count == 0 && line != 0)
		fault_put(faults, CONFIG_SYNTAX, reading.line, "", "");
}

void config_default(struct config *out)
{
	*out = (struct config){ 0 };
	scope_default(&out->scope);
	for (size_t i = 0; i < N_ELEMENTS(keys); i++)
		(void)key_parse(&keys[i], out, keys[i].initial);
}

/* Reads the file over the defaults in *out. */
static bool file_read(struct config *out, struct config_faults *faults, struct bytes file, const char *wanted)
{
	struct reading reading = { .config = out, .faults = faults, .rest = file };
	struct profiles profiles = { .wanted = wanted };
	int line;

	faults->count = 0;
	if (file.len > CONFIG_MAX) {
		fault_put(faults, CONFIG_TOO_LARGE, 0, "", "");
		return false;
	}
	lines_check(faults, &profiles, file);
	if (faults->count != 0)
		return false;
	line = ini_parse_stream(line_next, &reading, on_key, &reading);
	/* inih refuses a line that our checks passed. */
	if (faults->count == 0 && (line != 0 || reading.rest.len != 0))
		fault_put(faults, CONFIG_SYNTAX, reading.line, "", "");
	if (faults->count == 0 && reading.seen == 0)
		fault_put(faults, CONFIG_EMPTY, 0, "", "");
	if (faults->count == 0 && profiles.any)
		profiles_read(out, faults, file, wanted);
	if (faults->count == 0 && wanted[0] != '\0' && !profiles.found)
		fault_put(faults, CONFIG_NO_PROFILE, 0, "profile", wanted);
	return faults->count == 0;
}

bool config_parse_profile(struct config *out, struct config_faults *faults, struct bytes file, const char *profile)
{
	config_default(out);
	if (file_read(out, faults, file, profile))
		return true;
	config_default(out);
	return false;
}

bool config_parse(struct config *out, struct config_faults *faults, struct bytes file)
{
	return config_parse_profile(out, faults, file, "");
}

struct config_key config_key_at(unsigned i)
{
	if (i >= N_ELEMENTS(keys))
		return (struct config_key){ NULL, NULL, NULL };
	return (struct config_key){ keys[i].section, keys[i].name, keys[i].initial };
}

const char *config_profile_key_at(unsigned i)
{
	return i >= N_ELEMENTS(narrowings) ? NULL : narrowings[i].key.name;
}
