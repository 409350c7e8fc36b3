/* SPDX-License-Identifier: Apache-2.0 */
#include "base/nova_conf.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "policy/bytes.h"

enum {
	DEPTH_MAX = 8, /* variables within the values of variables */
};

static const char default_section[] = "DEFAULT";

/* Nova's values of variables that its file does not set. */
static const struct {
	const char *name, *value;
} defaults[] = {
	{ "state_path",
		"/var/lib/nova" }, /* as every package sets it; upstream's default is the folder of its modules */
	{ "instances_path", "$state_path/instances" },
};

struct parser {
	struct nova_conf *out;
	char *section, *key, *value; /* owned; the key that a next line may continue */
};

static bool is_blank(char c)
{
	return c != '\0' && strchr(" \t\n\r\v\f", c) != NULL;
}

static struct bytes trim_end(struct bytes text)
{
	while (text.len != 0 && is_blank(text.at[text.len - 1]))
		text.len--;
	return text;
}

static struct bytes trim(struct bytes text)
{
	for (; text.len != 0 && is_blank(text.at[0]); text.len--)
		text.at++;
	return trim_end(text);
}

static char *copy(struct bytes text)
{
	return strndup(text.at, text.len);
}

/* A line ends with LF, CR or both, as in Python. */
static struct bytes line_next(const char **at)
{
	struct bytes line = { *at, strcspn(*at, "\r\n") };

	*at += line.len;
	*at += (*at)[0] == '\r' && (*at)[1] == '\n' ? 2 : (*at)[0] != '\0';
	return trim_end(line);
}

static void parser_forget(struct parser *parser)
{
	free(parser->key);
	free(parser->value);
	parser->key = parser->value = NULL;
}

/* Ends the assignment. Returns 0, 1 if oslo.config refuses the line, -1 if there is no memory. */
static int flush(struct parser *parser)
{
	struct nova_conf *const out = parser->out;
	struct nova_setting *grown;
	char *section;

	if (parser->key == NULL)
		return 0;
	if (parser->section == NULL)
		return 1;
	section = copy(bytes_of(parser->section));
	grown = section == NULL ? NULL : reallocarray(out->at, out->count + 1, sizeof(*grown));
	if (grown == NULL) {
		free(section);
		return -1;
	}
	out->at = grown;
	out->at[out->count++] = (struct nova_setting){ out->files, section, parser->key, parser->value };
	parser->key = parser->value = NULL;
	return 0;
}

static int section_read(struct parser *parser, struct bytes line)
{
	if (line.at[line.len - 1] != ']' || line.len <= 2)
		return 1;
	free(parser->section);
	parser->section = copy((struct bytes){ line.at + 1, line.len - 2 });
	if (parser->section == NULL)
		return -1;
	if (strcmp(parser->section, default_section) != 0)
		for (char *at = parser->section; *at != '\0'; at++)
			*at = (char)tolower((unsigned char)*at);
	return 0;
}

static struct bytes unquote(struct bytes value)
{
	const char first = value.len == 0 ? '\0' : value.at[0];

	if ((first != '"' && first != '\'') || value.at[value.len - 1] != first)
		return value;
	return value.len == 1 ? (struct bytes){ value.at, 0 } : (struct bytes){ value.at + 1, value.len - 2 };
}

static int assignment_read(struct parser *parser, struct bytes line)
{
	size_t at = 0;

	while (at < line.len && line.at[at] != '=' && line.at[at] != ':')
		at++;
	if (at == line.len || trim((struct bytes){ line.at, at }).len == 0)
		return 1;
	parser->key = copy(trim((struct bytes){ line.at, at }));
	parser->value = copy(unquote(trim((struct bytes){ line.at + at + 1, line.len - at - 1 })));
	return parser->key != NULL && parser->value != NULL ? 0 : -1;
}

static int continuation_read(struct parser *parser, struct bytes line)
{
	char *longer;
	size_t len;

	if (parser->key == NULL)
		return 1;
	line = trim(line);
	len = strlen(parser->value);
	longer = realloc(parser->value, len + line.len + 2);
	if (longer == NULL)
		return -1;
	longer[len] = '\n';
	memcpy(longer + len + 1, line.at, line.len);
	longer[len + 1 + line.len] = '\0';
	parser->value = longer;
	return 0;
}

static int line_read(struct parser *parser, struct bytes line)
{
	int rc;

	if (line.len != 0 && (line.at[0] == ' ' || line.at[0] == '\t'))
		return continuation_read(parser, line);
	rc = flush(parser);
	if (rc != 0 || line.len == 0 || line.at[0] == '#' || line.at[0] == ';')
		return rc;
	return line.at[0] == '[' ? section_read(parser, line) : assignment_read(parser, line);
}

int nova_conf_parse(struct nova_conf *conf, const char *text)
{
	struct parser parser = { .out = conf };
	int rc = 0, number = 0;

	while (rc == 0 && *text != '\0') {
		number++;
		rc = line_read(&parser, line_next(&text));
	}
	if (rc == 0)
		rc = flush(&parser);
	conf->files++;
	parser_forget(&parser);
	free(parser.section);
	return rc > 0 ? number : rc;
}

static const struct nova_setting *find_in_file(const struct nova_conf *conf, unsigned file, struct nova_key key)
{
	for (size_t i = conf->count; i-- > 0;)
		if (conf->at[i].file == file && strcmp(conf->at[i].section, key.section) == 0 &&
			strcmp(conf->at[i].key, key.name) == 0)
			return &conf->at[i];
	return NULL;
}

/* A file overrides all earlier files, whichever of the names it uses. */
static const struct nova_setting *find(const struct nova_conf *conf, const struct nova_key *keys, size_t count)
{
	for (unsigned file = conf->files; file-- > 0;)
		for (size_t i = 0; i < count; i++) {
			const struct nova_setting *const found = find_in_file(conf, file, keys[i]);

			if (found != NULL)
				return found;
		}
	return NULL;
}

/* A value with its variables replaced. Bytes that do not fit are counted, not kept. */
struct expanded {
	char *at; /* NOVA_VALUE_MAX bytes */
	size_t len;
};

static void put(struct expanded *out, char c)
{
	if (out->len < NOVA_VALUE_MAX)
		out->at[out->len] = c;
	out->len++;
}

static bool expand(
	struct expanded *out, const struct nova_conf *conf, const char *section, const char *text, unsigned depth);

static bool default_expand(struct expanded *out, const struct nova_conf *conf, const char *name, unsigned depth)
{
	for (size_t i = 0; i < N_ELEMENTS(defaults); i++)
		if (strcmp(defaults[i].name, name) == 0)
			return expand(out, conf, default_section, defaults[i].value, depth);
	return false;
}

/* "name" is in the section of the value, or in DEFAULT; "section.name" is in that section. */
static bool variable_expand(
	struct expanded *out, const struct nova_conf *conf, const char *section, const char *name, unsigned depth)
{
	const char *const dot = strchr(name, '.');
	const struct nova_setting *found;
	char group[64];

	if (depth == 0 || (dot != NULL && (size_t)(dot - name) >= sizeof(group)))
		return false;
	snprintf(group, sizeof(group), "%.*s", dot == NULL ? 0 : (int)(dot - name), name);
	if (dot != NULL) {
		found = find(conf, &(struct nova_key){ group, dot + 1 }, 1);
		return found != NULL && expand(out, conf, found->section, found->value, depth - 1);
	}
	found = find(conf, &(struct nova_key){ section, name }, 1);
	if (found == NULL)
		found = find(conf, &(struct nova_key){ default_section, name }, 1);
	return found != NULL ? expand(out, conf, found->section, found->value, depth - 1)
			     : default_expand(out, conf, name, depth - 1);
}

/* Returns the length of the name of a variable, 0 for none. */
static size_t name_len(const char *text)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_";

	if (*text == '\0' || strchr(letters, *text) == NULL)
		return 0;
	return strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_.0123456789");
}

/* text begins after a dollar. Returns how many bytes it used; sets *good to whether the variable is known. */
static size_t dollar_expand(struct expanded *out, const struct nova_conf *conf, const char *section, const char *text,
	unsigned depth, bool *good)
{
	const bool braced = text[0] == '{';
	const size_t len = name_len(text + braced);
	char name[128];

	*good = true;
	if (text[0] == '\\' && text[1] == '$') { /* oslo.config makes $$$ of it first */
		put(out, '$');
		return 1;
	}
	if (text[0] == '$' || len == 0 || (braced && text[1 + len] != '}')) {
		put(out, '$');
		return text[0] == '$';
	}
	snprintf(name, sizeof(name), "%.*s", (int)len, text + braced);
	*good = len < sizeof(name) && variable_expand(out, conf, section, name, depth);
	return len + 2 * braced;
}

static bool expand(
	struct expanded *out, const struct nova_conf *conf, const char *section, const char *text, unsigned depth)
{
	bool good = true;

	while (good && *text != '\0') {
		if (text[0] == '\\' && text[1] == '$') {
			put(out, '$');
			text += 2;
		} else if (*text == '$') {
			text++;
			text += dollar_expand(out, conf, section, text, depth, &good);
		} else {
			put(out, *text++);
		}
	}
	return good;
}

enum nova_value nova_conf_value(
	char out[NOVA_VALUE_MAX], const struct nova_conf *conf, const struct nova_key *keys, size_t count)
{
	const struct nova_setting *const found = find(conf, keys, count);
	struct expanded expanded = { out, 0 };

	out[0] = '\0';
	if (found == NULL)
		return NOVA_VALUE_UNSET;
	if (!expand(&expanded, conf, found->section, found->value, DEPTH_MAX) || expanded.len >= NOVA_VALUE_MAX) {
		out[0] = '\0';
		return NOVA_VALUE_UNKNOWN;
	}
	out[expanded.len] = '\0';
	return NOVA_VALUE_SET;
}

void nova_conf_clear(struct nova_conf *conf)
{
	for (size_t i = 0; i < conf->count; i++) {
		free(conf->at[i].section);
		free(conf->at[i].key);
		free(conf->at[i].value);
	}
	free(conf->at);
	*conf = (struct nova_conf){ .count = 0 };
}
