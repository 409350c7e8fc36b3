/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/value.h"

#include <string.h>
#include <syslog.h>

#include "policy/attributes.h"
#include "policy/claim.h"
#include "policy/form.h"
#include "policy/image_format.h"
#include "policy/list.h"
#include "policy/path.h"
#include "policy/scope.h"

bool value_transports(void *member, const char *value, const struct bounds *bounds)
{
	unsigned bits = 0;
	char word[VALUE_MAX];

	(void)bounds;
	while (list_next(word, &value)) {
		enum transport transport = TRANSPORT_NONE;

		for (enum transport t = TRANSPORT_SSH; t <= TRANSPORT_RSYNC; t++)
			if (strcmp(word, transport_word(t)) == 0)
				transport = t;
		if (transport == TRANSPORT_NONE || (bits & 1u << transport) != 0)
			return false;
		bits |= 1u << transport;
	}
	*(unsigned *)member = bits;
	return true;
}

bool value_image_formats(void *member, const char *value, const struct bounds *bounds)
{
	unsigned bits = 0;
	char word[VALUE_MAX];

	(void)bounds;
	while (list_next(word, &value)) {
		const enum image_format format = image_format_of(word);

		if (!image_format_is_available(format) || (bits & 1u << format) != 0)
			return false;
		bits |= 1u << format;
	}
	*(unsigned *)member = bits;
	return true;
}

static bool parse_list(struct text_list *list, const char *value, unsigned most, bool (*is_valid)(const char *))
{
	struct text_list found = { .count = 0 };
	char word[VALUE_MAX];
	size_t used = 0;

	while (list_next(word, &value)) {
		const size_t size = strlen(word) + 1;

		if (!is_valid(word) || found.count == most || used + size > sizeof(found.store))
			return false;
		found.start[found.count++] = (uint8_t)used;
		memcpy(found.store + used, word, size);
		used += size;
	}
	*list = found;
	return true;
}

/* True for a directory that may hold instances: not "/", not directly below it, not below a directory of the system,
 * and not nova's home, which has its keys. */
static bool root_is_valid(const char *word)
{
	static const char *const too_high[] = { "/var/lib", "/var/lib/nova" };
	static const char *const system[] = {
		"/bin",
		"/boot",
		"/dev",
		"/etc",
		"/lib",
		"/lib32",
		"/lib64",
		"/proc",
		"/root",
		"/run",
		"/sbin",
		"/sys",
		"/usr",
		"/var/run",
	};

	if (!path_is_plain(word) || strchr(word + 1, '/') == NULL)
		return false;
	for (size_t i = 0; i < N_ELEMENTS(too_high); i++)
		if (strcmp(word, too_high[i]) == 0)
			return false;
	for (size_t i = 0; i < N_ELEMENTS(system); i++)
		if (path_below(word, system[i]) != NULL)
			return false;
	return true;
}

/* Nova builds the same paths with and without a slash at the end. */
static void slash_cut(char *word)
{
	const size_t len = strlen(word);

	if (len > 1 && word[len - 1] == '/')
		word[len - 1] = '\0';
}

static bool root_fits(const char *word)
{
	char copy[VALUE_MAX];

	strcpy(copy, word);
	slash_cut(copy);
	return root_is_valid(copy);
}

bool value_roots(void *member, const char *value, const struct bounds *bounds)
{
	struct text_list *const list = member;

	(void)bounds;
	if (!parse_list(list, value, ROOTS_MAX, root_fits))
		return false;
	for (unsigned i = 0; i < list->count; i++)
		slash_cut(list->store + list->start[i]);
	/* No root is inside another, so a path is in one root only. */
	for (unsigned i = 0; i < list->count; i++)
		for (unsigned j = 0; j < list->count; j++)
			if (i != j && path_below(text_at(list, i), text_at(list, j)) != NULL)
				return false;
	return true;
}

static bool instance_pattern_is_valid(const char *word)
{
	return pattern_is_valid(word) && strncmp(word, "%u", 2) == 0 && path_first_len(word) == 2;
}

bool value_instance_patterns(void *member, const char *value, const struct bounds *bounds)
{
	(void)bounds;
	return parse_list(member, value, PATTERNS_MAX, instance_pattern_is_valid);
}

/* A list that may be empty. */
static bool patterns_or_none(struct text_list *list, const char *value, bool (*is_valid)(const char *word))
{
	if (value[0] == '\0') {
		list->count = 0;
		return true;
	}
	return parse_list(list, value, PATTERNS_MAX, is_valid);
}

static bool instance_file_is_valid(const char *word)
{
	return instance_pattern_is_valid(word) && word[2] == '/' && strchr(word + 2, '%') == NULL;
}

bool value_instance_files(void *member, const char *value, const struct bounds *bounds)
{
	(void)bounds;
	return patterns_or_none(member, value, instance_file_is_valid);
}

bool value_patterns(void *member, const char *value, const struct bounds *bounds)
{
	(void)bounds;
	return patterns_or_none(member, value, pattern_is_valid);
}

static bool is_made_of(const char *word, const char *more)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
	size_t len = 0;

	while (word[len] != '\0' && (strchr(letters, word[len]) != NULL || strchr(more, word[len]) != NULL))
		len++;
	return len != 0 && word[len] == '\0';
}

/* An address of this node, or its name. */
static bool address_is_valid(const char *word)
{
	return is_made_of(word, ".:-_");
}

bool value_addresses(void *member, const char *value, const struct bounds *bounds)
{
	(void)bounds;
	return patterns_or_none(member, value, address_is_valid);
}

bool value_paths(void *member, const char *value, const struct bounds *bounds)
{
	(void)bounds;
	return patterns_or_none(member, value, path_is_plain);
}

/* Not "/dev" itself, nor all links of one kind: below each of those the disks of this node are, too. */
static bool device_path_is_valid(const char *word)
{
	static const char head[] = "/dev/";
	static const char by[] = "/dev/disk/";
	const size_t len = sizeof(by) - 1;

	if (!path_is_plain(word) || strncmp(word, head, sizeof(head) - 1) != 0)
		return false;
	return strncmp(word, by, len) != 0 || strchr(word + len, '/') != NULL;
}

bool value_device_paths(void *member, const char *value, const struct bounds *bounds)
{
	(void)bounds;
	return patterns_or_none(member, value, device_path_is_valid);
}

/* A "*" ends the entry, and something stands before it. */
static bool bridge_is_valid(const char *word)
{
	const size_t len = strcspn(word, "*");

	return len != 0 && is_made_of(word, "._-*") && (word[len] == '\0' || word[len + 1] == '\0');
}

bool value_bridges(void *member, const char *value, const struct bounds *bounds)
{
	(void)bounds;
	return patterns_or_none(member, value, bridge_is_valid);
}

static bool rbd_pool_is_valid(const char *word)
{
	return is_made_of(word, "._-");
}

bool value_rbd_pools(void *member, const char *value, const struct bounds *bounds)
{
	(void)bounds;
	return patterns_or_none(member, value, rbd_pool_is_valid);
}

/* NAME=VALUE as for ssh -o. A value with a comma belongs into ssh_config(5). rsync cannot pass on a single quote. */
static bool ssh_option_is_valid(const char *word)
{
	const size_t name = strspn(word, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");

	return name != 0 && word[name] == '=' && word[name + 1] != '\0' && strchr(word, '\'') == NULL;
}

bool value_ssh_options(void *member, const char *value, const struct bounds *bounds)
{
	(void)bounds;
	if (value[0] == '\0') {
		((struct text_list *)member)->count = 0;
		return true;
	}
	return parse_list(member, value, PATTERNS_MAX, ssh_option_is_valid);
}

bool value_program(void *member, const char *value, const struct bounds *bounds)
{
	(void)bounds;
	if (!path_is_plain(value))
		return false;
	strcpy(member, value);
	return true;
}

bool value_file(void *member, const char *value, const struct bounds *bounds)
{
	if (value[0] != '\0')
		return value_program(member, value, bounds);
	*(char *)member = '\0';
	return true;
}

/* Reads digits, and after them perhaps one letter of units, which multiplies by its factor. */
static bool parse_scaled(
	int64_t *member, const char *value, const struct bounds *bounds, const char *units, const int64_t *factors)
{
	const size_t digits = strspn(value, "0123456789");
	int64_t number = 0, factor = 1;

	if (digits == 0 || digits > 18)
		return false;
	for (size_t i = 0; i < digits; i++)
		number = number * 10 + (value[i] - '0');
	if (value[digits] != '\0') {
		const char *const unit = strchr(units, value[digits]);

		if (unit == NULL || value[digits + 1] != '\0')
			return false;
		factor = factors[unit - units];
	}
	if (__builtin_mul_overflow(number, factor, &number))
		return false;
	if (number < bounds->least || number > bounds->most)
		return false;
	*member = number;
	return true;
}

bool value_number(void *member, const char *value, const struct bounds *bounds)
{
	return parse_scaled(member, value, bounds, "", NULL);
}

bool value_duration(void *member, const char *value, const struct bounds *bounds)
{
	static const int64_t seconds[] = { 1, 60, 3600, 86400 };

	return parse_scaled(member, value, bounds, "smhd", seconds);
}

bool value_size(void *member, const char *value, const struct bounds *bounds)
{
	static const int64_t bytes[] = { 1 << 10, 1 << 20, 1 << 30, INT64_C(1) << 40 };

	return parse_scaled(member, value, bounds, "KMGT", bytes);
}

struct choice {
	const char *word;
	int value;
};

static bool parse_choice(int *out, const char *value, const struct choice *choices, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (strcmp(value, choices[i].word) != 0)
			continue;
		*out = choices[i].value;
		return true;
	}
	return false;
}

static bool parse_bool(void *member, const char *value, const char *yes, const char *no)
{
	const struct choice choices[] = { { yes, 1 }, { no, 0 } };
	int found = 0;

	if (!parse_choice(&found, value, choices, N_ELEMENTS(choices)))
		return false;
	*(bool *)member = found != 0;
	return true;
}

bool value_yes_no(void *member, const char *value, const struct bounds *bounds)
{
	(void)bounds;
	return parse_bool(member, value, "yes", "no");
}

bool value_on_off(void *member, const char *value, const struct bounds *bounds)
{
	(void)bounds;
	return parse_bool(member, value, "on", "off");
}

bool value_landlock(void *member, const char *value, const struct bounds *bounds)
{
	(void)bounds;
	return parse_bool(member, value, "optional", "required");
}

bool value_format(void *member, const char *value, const struct bounds *bounds)
{
	(void)bounds;
	return parse_bool(member, value, "json", "logfmt");
}

bool value_fence(void *member, const char *value, const struct bounds *bounds)
{
	(void)bounds;
	return parse_bool(member, value, "open", "closed");
}

bool value_images_mode(void *member, const char *value, const struct bounds *bounds)
{
	static const struct choice choices[] = {
		{ "enforce", IMAGES_ENFORCE },
		{ "audit", IMAGES_AUDIT },
		{ "off", IMAGES_OFF },
	};

	(void)bounds;
	return parse_choice(member, value, choices, N_ELEMENTS(choices));
}

bool value_claims_mode(void *member, const char *value, const struct bounds *bounds)
{
	static const struct choice choices[] = {
		{ "enforce", CLAIMS_ENFORCE },
		{ "audit", CLAIMS_AUDIT },
		{ "off", CLAIMS_OFF },
	};

	(void)bounds;
	return parse_choice(member, value, choices, N_ELEMENTS(choices));
}

bool value_identity(void *member, const char *value, const struct bounds *bounds)
{
	static const struct choice choices[] = {
		{ "address", IDENTITY_ADDRESS },
		{ "key", IDENTITY_KEY },
		{ "address+key", IDENTITY_ADDRESS_AND_KEY },
	};

	(void)bounds;
	return parse_choice(member, value, choices, N_ELEMENTS(choices));
}

bool value_namespaces(void *member, const char *value, const struct bounds *bounds)
{
	static const struct choice choices[] = {
		{ "off", NAMESPACES_OFF },
		{ "auto", NAMESPACES_AUTO },
		{ "required", NAMESPACES_REQUIRED },
	};

	(void)bounds;
	return parse_choice(member, value, choices, N_ELEMENTS(choices));
}

bool value_facility(void *member, const char *value, const struct bounds *bounds)
{
	static const struct choice choices[] = {
		{ "auth", LOG_AUTH },
		{ "authpriv", LOG_AUTHPRIV },
		{ "daemon", LOG_DAEMON },
		{ "user", LOG_USER },
		{ "local0", LOG_LOCAL0 },
		{ "local1", LOG_LOCAL1 },
		{ "local2", LOG_LOCAL2 },
		{ "local3", LOG_LOCAL3 },
		{ "local4", LOG_LOCAL4 },
		{ "local5", LOG_LOCAL5 },
		{ "local6", LOG_LOCAL6 },
		{ "local7", LOG_LOCAL7 },
	};

	(void)bounds;
	return parse_choice(member, value, choices, N_ELEMENTS(choices));
}

bool value_direction(void *member, const char *value, const struct bounds *bounds)
{
	(void)bounds;
	return scope_parse_direction(member, value);
}

bool value_instances(void *member, const char *value, const struct bounds *bounds)
{
	(void)bounds;
	return scope_parse_instances(member, value);
}

bool value_peers(void *member, const char *value, const struct bounds *bounds)
{
	(void)bounds;
	return scope_parse_peers(member, value);
}
