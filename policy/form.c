/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/form.h"

#include "policy/path.h"
#include "policy/sftp_option.h"

enum rule_kind {
	RULE_END,
	RULE_LIT,
	RULE_MAYBE,
	RULE_CAPS,
	RULE_PATH,
	RULE_SUBSYSTEM,
	RULE_OPTIONS,
};

/* Arrays instead of pointers, which the loader would have to relocate in each run. */
struct rule {
	enum rule_kind kind;
	char text[20], alternative[8];
};

struct shape {
	struct form form;
	struct rule rules[WORDS_MAX + 1]; /* ended by RULE_END */
};

/* clang-format off */
#define LIT(word) { RULE_LIT, word, "" }
#define MAYBE(word) { RULE_MAYBE, word, "" }
#define CAPS(head) { RULE_CAPS, head, "" }
#define CAPS2(head, compressed) { RULE_CAPS, head, compressed }
#define PATH { RULE_PATH, "", "" }
#define SUBSYSTEM { RULE_SUBSYSTEM, "", "" }
#define OPTIONS { RULE_OPTIONS, "", "" }
static const struct shape shapes[FORM_COUNT] = {
	[FORM_NONE] = { { "-", TRANSPORT_NONE, OP_NONE, ACCESS_NONE }, { { RULE_END, "", "" } } },
#define FORM(name, id, transport, op, access, ...) \
	[FORM_##name] = { { id, TRANSPORT_##transport, OP_##op, ACCESS_##access }, { __VA_ARGS__ } },
#include "policy/forms.def"
#undef FORM
};
/* clang-format on */

/* The spellings of sftp-server in the sshd_config of Debian (now and before), Red Hat, SUSE (and Arch, Alpine), and
 * Gentoo. */
static const char *const subsystems[] = {
	"/usr/lib/openssh/sftp-server",
	"/usr/lib/sftp-server",
	"/usr/libexec/openssh/sftp-server",
	"/usr/lib/ssh/sftp-server",
	"/usr/lib64/misc/sftp-server",
};

const struct form *form_row(enum form_id id)
{
	return &shapes[(unsigned)id < FORM_COUNT ? id : FORM_NONE].form;
}

const char *transport_word(enum transport transport)
{
	static const char *const words[] = {
		[TRANSPORT_NONE] = "-",
		[TRANSPORT_SSH] = "ssh",
		[TRANSPORT_RSYNC] = "rsync",
	};

	return words[(unsigned)transport < N_ELEMENTS(words) ? transport : TRANSPORT_NONE];
}

/* [0-9]*\.[A-Za-z]*, and short enough for struct match. */
static bool caps_are_valid(const char *caps)
{
	const size_t digits = strspn(caps, "0123456789");
	const char *const letters = caps + digits + 1;

	if (strlen(caps) >= CAPS_MAX || caps[digits] != '.')
		return false;
	for (const char *at = letters; *at != '\0'; at++)
		if (!((*at >= 'a' && *at <= 'z') || (*at >= 'A' && *at <= 'Z')))
			return false;
	return true;
}

static const char *after_head(const char *word, const char *head)
{
	const size_t len = strlen(head);

	return len != 0 && strncmp(word, head, len) == 0 ? word + len : NULL;
}

static bool read_caps(struct match *match, const struct rule *rule, const char *word)
{
	const char *caps = after_head(word, rule->text);

	if (caps == NULL || !caps_are_valid(caps)) {
		caps = after_head(word, rule->alternative);
		if (caps == NULL || !caps_are_valid(caps))
			return false;
		match->compress = true;
	}
	strcpy(match->caps, caps);
	return true;
}

/* Returns the flag of match that an optional word of scp sets. */
static bool *flag_of(struct match *match, const char *word)
{
	switch (word[1]) {
	case 'v':
		return &match->verbose;
	case 'r':
		return &match->recursive;
	default:
		return &match->directory;
	}
}

static bool is_subsystem(const char *word, const char *sftp_server, bool forced)
{
	if (strcmp(word, sftp_server) == 0)
		return true;
	for (size_t i = 0; i < N_ELEMENTS(subsystems); i++)
		if (strcmp(word, subsystems[i]) == 0)
			return true;
	return forced && strcmp(word, "internal-sftp") == 0;
}

struct dialect {
	const char *sftp_server;
	bool forced;
};

static bool read_word(struct match *match, const struct rule *rule, const char *word, const struct dialect *dialect)
{
	switch (rule->kind) {
	case RULE_LIT:
		return strcmp(word, rule->text) == 0;
	case RULE_MAYBE:
		if (strcmp(word, rule->text) != 0)
			return false;
		*flag_of(match, word) = true;
		return true;
	case RULE_CAPS:
		return read_caps(match, rule, word);
	case RULE_PATH:
		match->path = word;
		return word[0] == '/';
	case RULE_SUBSYSTEM:
		match->path = word;
		return is_subsystem(word, dialect->sftp_server, dialect->forced);
	case RULE_OPTIONS:
	case RULE_END:
		return false;
	}
	return false;
}

/* Returns the number of words read. */
static unsigned read_options(struct match *match, const struct words *words, unsigned first)
{
	for (unsigned i = 0; i < SFTP_OPTIONS_MAX; i++)
		match->options[i] = words_at(words, first + i);
	match->option_count = sftp_options_len(match->options, SFTP_OPTIONS_MAX);
	return match->option_count;
}

static bool shape_read(
	struct match *match, const struct shape *shape, const struct words *words, const struct dialect *dialect)
{
	unsigned i = 0;

	for (const struct rule *rule = shape->rules; rule->kind != RULE_END; rule++) {
		if (rule->kind == RULE_OPTIONS)
			i += read_options(match, words, i);
		else if (i < words->count && read_word(match, rule, words_at(words, i), dialect))
			i++;
		else if (rule->kind != RULE_MAYBE)
			return false;
	}
	return i == words->count;
}

/* Picks the most helpful reason for the client; has no effect on what is allowed. */
static enum reason mismatch_reason(const struct words *words, const struct dialect *dialect)
{
	const char *const first = words_at(words, 0);

	for (unsigned i = 1; i < words->count; i++)
		if (strcmp(first, "rsync") == 0 && strncmp(words_at(words, i), "-s", 2) == 0)
			return REASON_SECLUDED_ARGS;
	for (unsigned id = FORM_NONE + 1; id < FORM_COUNT; id++) {
		struct match ignored;

		if (read_word(&ignored, &shapes[id].rules[0], first, dialect))
			return REASON_UNKNOWN_FORM;
	}
	return REASON_UNKNOWN_COMMAND;
}

bool form_match(struct match *out, enum reason *reason, const struct words *words, const char *sftp_server, bool forced)
{
	const struct dialect dialect = { sftp_server, forced };

	for (unsigned id = FORM_NONE + 1; id < FORM_COUNT; id++) {
		struct match match = { .form = (enum form_id)id };

		if (shape_read(&match, &shapes[id], words, &dialect)) {
			*out = match;
			return true;
		}
	}
	*reason = mismatch_reason(words, &dialect);
	return false;
}

struct line {
	char *at;
	size_t len, size;
	bool full;
};

static void line_put(struct line *line, const char *text)
{
	const size_t len = strlen(text);

	if (line->full || len >= line->size - line->len) {
		line->full = true;
		return;
	}
	memcpy(line->at + line->len, text, len + 1);
	line->len += len;
}

/* True if words_split() would return word unchanged, and, for an absolute path, if it is no option. */
static bool is_readable(const char *word, bool absolute)
{
	if (word == NULL || word[0] == '\0' || (absolute && word[0] != '/'))
		return false;
	for (const char *at = word; *at != '\0'; at++)
		if (!words_allow(*at))
			return false;
	return true;
}

static bool write_options(struct line *line, const struct match *match)
{
	for (unsigned i = 0; i < match->option_count && i < SFTP_OPTIONS_MAX; i++)
		if (match->options[i] == NULL)
			return false;
	if (match->option_count > SFTP_OPTIONS_MAX ||
		sftp_options_len(match->options, match->option_count) != match->option_count)
		return false;
	for (unsigned i = 0; i < match->option_count; i++) {
		line_put(line, i == 0 ? "" : " ");
		line_put(line, match->options[i]);
	}
	return true;
}

static bool write_word(struct line *line, const struct rule *rule, const struct match *match)
{
	switch (rule->kind) {
	case RULE_LIT:
	case RULE_MAYBE:
		line_put(line, rule->text);
		return true;
	case RULE_CAPS:
		if (match->compress && rule->alternative[0] == '\0')
			return false;
		line_put(line, match->compress ? rule->alternative : rule->text);
		line_put(line, match->caps);
		return caps_are_valid(match->caps);
	case RULE_PATH:
	case RULE_SUBSYSTEM:
		if (!is_readable(match->path, rule->kind == RULE_PATH))
			return false;
		line_put(line, match->path);
		return true;
	case RULE_OPTIONS:
		return write_options(line, match);
	case RULE_END:
		return false;
	}
	return false;
}

static bool wanted(const struct rule *rule, const struct match *match)
{
	struct match copy = *match;

	if (rule->kind == RULE_OPTIONS)
		return match->option_count != 0;
	return rule->kind != RULE_MAYBE || *flag_of(&copy, rule->text);
}

size_t form_write(char *line, size_t size, const struct match *match)
{
	struct line out = { line, 0, size < CMD_MAX ? size : CMD_MAX, size == 0 };
	const struct shape *const shape = &shapes[(unsigned)match->form < FORM_COUNT ? match->form : FORM_NONE];
	bool complete = shape != &shapes[FORM_NONE];

	for (const struct rule *rule = shape->rules; rule->kind != RULE_END && complete; rule++) {
		if (!wanted(rule, match))
			continue;
		if (rule != shape->rules)
			line_put(&out, " ");
		complete = write_word(&out, rule, match);
	}
	if (complete && !out.full)
		return out.len;
	if (size != 0)
		line[0] = '\0';
	return 0;
}
