/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/value.h"

#include <syslog.h>

#include "policy/claim.h"
#include "policy/list.h"
#include "policy/path.h"

enum config_error value_transports(void *member, const char *value, const struct bounds *bounds)
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
			return CONFIG_BAD_VALUE;
		bits |= 1u << transport;
	}
	*(unsigned *)member = bits;
	return CONFIG_OK;
}

enum config_error value_image_formats(void *member, const char *value, const struct bounds *bounds)
{
	unsigned bits = 0;
	char word[VALUE_MAX];

	(void)bounds;
	while (list_next(word, &value)) {
		const enum image_format format = image_format_of(word);

		if (!image_format_is_available(format) || (bits & 1u << format) != 0)
			return CONFIG_BAD_VALUE;
		bits |= 1u << format;
	}
	*(unsigned *)member = bits;
	return CONFIG_OK;
}

static enum config_error parse_list(
	struct text_list *list, const char *value, unsigned most, bool (*is_valid)(const char *))
{
	struct text_list found = { .count = 0 };
	char word[VALUE_MAX];
	size_t used = 0;

	while (list_next(word, &value)) {
		const size_t size = strlen(word) + 1;

		if (!is_valid(word) || found.count == most || used + size > sizeof(found.store))
			return CONFIG_BAD_VALUE;
		found.start[found.count++] = (uint8_t)used;
		memcpy(found.store + used, word, size);
		used += size;
	}
	*list = found;
	return CONFIG_OK;
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

enum config_error value_roots(void *member, const char *value, const struct bounds *bounds)
{
	struct text_list *const list = member;
	const enum config_error error = parse_list(list, value, ROOTS_MAX, root_fits);

	(void)bounds;
	for (unsigned i = 0; error == CONFIG_OK && i < list->count; i++)
		slash_cut(list->store + list->start[i]);
	/* No root is inside another, so a path is in one root only. */
	for (unsigned i = 0; error == CONFIG_OK && i < list->count; i++)
		for (unsigned j = 0; j < list->count; j++)
			if (i != j && path_below(text_at(list, i), text_at(list, j)) != NULL)
				return CONFIG_BAD_VALUE;
	return error;
}

static bool instance_pattern_is_valid(const char *word)
{
	return pattern_is_valid(word) && strncmp(word, "%u", 2) == 0 && path_first_len(word) == 2;
}

enum config_error value_instance_patterns(void *member, const char *value, const struct bounds *bounds)
{
	(void)bounds;
	return parse_list(member, value, PATTERNS_MAX, instance_pattern_is_valid);
}

/* A list that may be empty. */
static enum config_error patterns_or_none(struct text_list *list, const char *value, bool (*is_valid)(const char *word))
{
	if (value[0] == '\0') {
		list->count = 0;
		return CONFIG_OK;
	}
	return parse_list(list, value, PATTERNS_MAX, is_valid);
}

static bool instance_file_is_valid(const char *word)
{
	return instance_pattern_is_valid(word) && word[2] == '/' && strchr(word + 2, '%') == NULL;
}

enum config_error value_instance_files(void *member, const char *value, const struct bounds *bounds)
{
	(void)bounds;
	return patterns_or_none(member, value, instance_file_is_valid);
}

enum config_error value_patterns(void *member, const char *value, const struct bounds *bounds)
{
	(void)bounds;
	return patterns_or_none(member, value, pattern_is_valid);
}

/* NAME=VALUE as for ssh -o. A value with a comma belongs into ssh_config(5). rsync cannot pass on a single quote. */
static bool ssh_option_is_valid(const char *word)
{
	const size_t name = strspn(word, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");

	return name != 0 && word[name] == '=' && word[name + 1] != '\0' && strchr(word, '\'') == NULL;
}

enum config_error value_ssh_options(void *member, const char *value, const struct bounds *bounds)
{
	(void)bounds;
	if (value[0] == '\0') {
		((struct text_list *)member)->count = 0;
		return CONFIG_OK;
	}
	return parse_list(member, value, PATTERNS_MAX, ssh_option_is_valid);
}

enum config_error value_program(void *member, const char *value, const struct bounds *bounds)
{
	(void)bounds;
	if (!path_is_plain(value))
		return CONFIG_BAD_VALUE;
	strcpy(member, value);
	return CONFIG_OK;
}

enum config_error value_file(void *member, const char *value, const struct bounds *bounds)
{
	if (value[0] != '\0')
		return value_program(member, value, bounds);
	*(char *)member = '\0';
	return CONFIG_OK;
}

/* Reads digits, and after them perhaps one letter of units, which multiplies by its factor. */
static enum config_error parse_scaled(
	int64_t *member, const char *value, const struct bounds *bounds, const char *units, const int64_t *factors)
{
	const size_t digits = strspn(value, "0123456789");
	int64_t number = 0, factor = 1;

	if (digits == 0 || digits > 18)
		return CONFIG_BAD_VALUE;
	for (size_t i = 0; i < digits; i++)
		number = number * 10 + (value[i] - '0');
	if (value[digits] != '\0') {
		const char *const unit = strchr(units, value[digits]);

		if (unit == NULL || value[digits + 1] != '\0')
			return CONFIG_BAD_VALUE;
		factor = factors[unit - units];
	}
	if (__builtin_mul_overflow(number, factor, &number))
		return CONFIG_BAD_VALUE;
	if (number < bounds->least || number > bounds->most)
		return CONFIG_BAD_VALUE;
	*member = number;
	return CONFIG_OK;
}

enum config_error value_number(void *member, const char *value, const struct bounds *bounds)
{
	return parse_scaled(member, value, bounds, "", NULL);
}

enum config_error value_duration(void *member, const char *value, const struct bounds *bounds)
{
	static const int64_t seconds[] = { 1, 60, 3600, 86400 };

	return parse_scaled(member, value, bounds, "smhd", seconds);
}

enum config_error value_size(void *member, const char *value, const struct bounds *bounds)
{
	static const int64_t bytes[] = { 1 << 10, 1 << 20, 1 << 30, INT64_C(1) << 40 };

	return parse_scaled(member, value, bounds, "KMGT", bytes);
}

struct choice {
	const char *word;
	int value;
};

static enum config_error parse_choice(int *out, const char *value, const struct choice *choices, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (strcmp(value, choices[i].word) != 0)
			continue;
		*out = choices[i].value;
		return CONFIG_OK;
	}
	return CONFIG_BAD_VALUE;
}

static enum config_error parse_bool(void *member, const char *value, const char *yes, const char *no)
{
	const struct choice choices[] = { { yes, 1 }, { no, 0 } };
	int found = 0;
	const enum config_error error = parse_choice(&found, value, choices, N_ELEMENTS(choices));

	if (error == CONFIG_OK)
		*(bool *)member = found != 0;
	return error;
}

enum config_error value_yes_no(void *member, const char *value, const struct bounds *bounds)
{
	(void)bounds;
	return parse_bool(member, value, "yes", "no");
}

enum config_error value_landlock(void *member, const char *value, const struct bounds *bounds)
{
	(void)bounds;
	return parse_bool(member, value, "optional", "required");
}

enum config_error value_format(void *member, const char *value, const struct bounds *bounds)
{
	(void)bounds;
	return parse_bool(member, value, "json", "logfmt");
}

enum config_error value_fence(void *member, const char *value, const struct bounds *bounds)
{
	(void)bounds;
	return parse_bool(member, value, "open", "closed");
}

enum config_error value_images_mode(void *member, const char *value, const struct bounds *bounds)
{
	static const struct choice choices[] = {
		{ "enforce", IMAGES_ENFORCE },
		{ "audit", IMAGES_AUDIT },
		{ "off", IMAGES_OFF },
	};

	(void)bounds;
	return parse_choice(member, value, choices, N_ELEMENTS(choices));
}

enum config_error value_claims_mode(void *member, const char *value, const struct bounds *bounds)
{
	static const struct choice choices[] = {
		{ "enforce", CLAIMS_ENFORCE },
		{ "audit", CLAIMS_AUDIT },
		{ "off", CLAIMS_OFF },
	};

	(void)bounds;
	return parse_choice(member, value, choices, N_ELEMENTS(choices));
}

enum config_error value_identity(void *member, const char *value, const struct bounds *bounds)
{
	static const struct choice choices[] = {
		{ "address", IDENTITY_ADDRESS },
		{ "key", IDENTITY_KEY },
		{ "address+key", IDENTITY_ADDRESS_AND_KEY },
	};

	(void)bounds;
	return parse_choice(member, value, choices, N_ELEMENTS(choices));
}

enum config_error value_namespaces(void *member, const char *value, const struct bounds *bounds)
{
	static const struct choice choices[] = {
		{ "off", NAMESPACES_OFF },
		{ "auto", NAMESPACES_AUTO },
		{ "required", NAMESPACES_REQUIRED },
	};

	(void)bounds;
	return parse_choice(member, value, choices, N_ELEMENTS(choices));
}

enum config_error value_facility(void *member, const char *value, const struct bounds *bounds)
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

enum config_error value_direction(void *member, const char *value, const struct bounds *bounds)
{
	(void)bounds;
	return scope_parse_direction(member, value) ? CONFIG_OK : CONFIG_BAD_VALUE;
}

enum config_error value_instances(void *member, const char *value, const struct bounds *bounds)
{
	(void)bounds;
	return scope_parse_instances(member, value) ? CONFIG_OK : CONFIG_BAD_VALUE;
}

enum config_error value_peers(void *member, const char *value, const struct bounds *bounds)
{
	(void)bounds;
	return scope_parse_peers(member, value) ? CONFIG_OK : CONFIG_BAD_VALUE;
}
