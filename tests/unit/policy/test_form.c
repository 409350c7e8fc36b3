/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>

#include "policy/form.h"
#include "tests/unit/policy/grammar.h"
#include "tests/unit/policy/random.h"
#include "tests/unit/policy/sample.h"

#define I SAMPLE_ROOT
#define U SAMPLE_UUID

static struct grammar grammar;

struct reading {
	struct words words;
	struct match match;
	enum reason reason;
	bool accepted;
};

static void read_line(struct reading *out, struct bytes line, bool forced)
{
	const enum words_error error = words_split(&out->words, line);

	out->match = (struct match){ .form = FORM_NONE };
	out->reason = words_reason(error);
	out->accepted =
		error == WORDS_OK && form_match(&out->match, &out->reason, &out->words, GRAMMAR_SFTP_SERVER, forced);
}

static const char *word_of(const char *line, bool forced)
{
	static struct reading reading;

	read_line(&reading, bytes_of(line), forced);
	return reading.accepted ? form_row(reading.match.form)->id : reason_word(reading.reason);
}

/* The reader accepts what the grammar accepts, as the same form, and the writer writes it back unchanged. */
static void check_line(const char *line, size_t len, bool forced)
{
	static struct reading reading;
	enum form_id expected;

	if (!grammar.ready)
		grammar_make(&grammar);
	expected = grammar_read(&grammar, line, len, forced);
	read_line(&reading, (struct bytes){ line, len }, forced);
	cr_assert_eq(reading.match.form, expected, "'%s' (%zu bytes, forced %d): %s for %s", line, len, forced,
		form_row(reading.match.form)->id, form_row(expected)->id);
	if (reading.accepted) {
		char again[CMD_MAX];

		cr_assert_eq(form_write(again, sizeof(again), &reading.match), len, "'%s'", line);
		cr_assert_str_eq(again, line);
	}
}

static void check_text(const char *line)
{
	check_line(line, strlen(line), false);
	check_line(line, strlen(line), true);
}

Test(form, lets_every_line_of_nova_through)
{
	static const struct {
		const char *line, *id;
	} rows[] = {
		{ "touch " I "/" U "/" SAMPLE_HEX ".tmp", "touch" },
		{ "rm " I "/" U "/disk.config", "remove" },
		{ "mkdir -p " I "/" U, "mkdir" },
		{ "rm -rf " I "/" U, "remove-tree" },
		{ "scp -t " I "/" U "/disk", "scp-to" },
		{ "scp -r -t " I "/" U "/vtpm", "scp-to" },
		{ "scp -v -r -d -t " I "/" U, "scp-to" },
		{ "scp -f " I "/_base/0a", "scp-from" },
		{ "scp -r -f " I "/_base/0a", "scp-from" },
		{ "scp -v -r -d -f " I "/_base/0a", "scp-from" },
		{ "/usr/lib/openssh/sftp-server", "sftp" },
		{ "/usr/lib/openssh/sftp-server -l INFO", "sftp" },
		{ "/usr/lib/openssh/sftp-server -f AUTHPRIV -l INFO", "sftp" },
		{ "/usr/lib/openssh/sftp-server -l VERBOSE -f LOCAL3", "sftp" },
		{ "/usr/lib/openssh/sftp-server -e", "sftp" },
		{ "/usr/libexec/openssh/sftp-server -e -f auth -l debug2", "sftp" },
		{ "/usr/lib/sftp-server", "sftp" },
		{ "/usr/lib64/misc/sftp-server", "sftp" },
		{ GRAMMAR_SFTP_SERVER " -l QUIET", "sftp" },
		{ "/usr/libexec/openssh/sftp-server", "sftp" },
		{ "/usr/lib/ssh/sftp-server", "sftp" },
		{ GRAMMAR_SFTP_SERVER, "sftp" },
		{ "rsync --server -logDtprRe.iLsfxCIvu --no-implied-dirs . /", "rsync-create" },
		{ "rsync --server -logDtprRe.iLsf --no-implied-dirs . /", "rsync-create" },
		{ "rsync --server -logDtpre.iLsfxCIvu --delete . " I "/" U, "rsync-remove" },
		{ "rsync --server -logDtpre.iLsfxC --delete . " I, "rsync-remove" },
		{ "rsync --server -logDtpre.iLsfxCIvu --delete-excluded . " I "/" U, "rsync-empty" },
		{ "rsync --server -rSze.iLsfxCIvu . " I "/" U "/disk", "rsync-push" },
		{ "rsync --server -rSe.iLsfxCIvu . " I "/" U "/disk", "rsync-push" },
		{ "rsync --server --sender -rSze.iLsfxCIvu . " I "/" U "/kernel", "rsync-pull" },
		{ "rsync --server --sender -rSe.iLsfxCIvu . " I "/_base/0a", "rsync-pull" },
		{ "rsync --server --sender -rSe30.14 . " I "/_base/0a", "unknown-form" },
		{ "rsync --server --sender -rSe30.iLs . " I "/_base/0a", "rsync-pull" },
		{ "rsync --server -rSe. . " I "/" U "/disk", "rsync-push" },
	};

	for (size_t i = 0; i < N_ELEMENTS(rows); i++)
		cr_assert_str_eq(word_of(rows[i].line, false), rows[i].id, "%s", rows[i].line);
}

Test(form, has_the_transport_operation_and_access_that_the_design_says)
{
	static const struct form rows[] = {
		{ "-", TRANSPORT_NONE, OP_NONE, ACCESS_NONE },
		{ "touch", TRANSPORT_SSH, OP_TOUCH, ACCESS_WRITE_INSIDE },
		{ "remove", TRANSPORT_SSH, OP_REMOVE, ACCESS_WRITE_INSIDE },
		{ "mkdir", TRANSPORT_SSH, OP_MKDIR, ACCESS_WRITE },
		{ "remove-tree", TRANSPORT_SSH, OP_REMOVE_TREE, ACCESS_WRITE },
		{ "scp-to", TRANSPORT_SSH, OP_RECEIVE, ACCESS_WRITE },
		{ "scp-from", TRANSPORT_SSH, OP_SEND, ACCESS_READ },
		{ "sftp", TRANSPORT_SSH, OP_SFTP, ACCESS_NONE },
		{ "rsync-create", TRANSPORT_RSYNC, OP_STREAM, ACCESS_NONE },
		{ "rsync-remove", TRANSPORT_RSYNC, OP_STREAM, ACCESS_DELETE_FROM },
		{ "rsync-empty", TRANSPORT_RSYNC, OP_EMPTY, ACCESS_WRITE },
		{ "rsync-push", TRANSPORT_RSYNC, OP_RECEIVE, ACCESS_WRITE },
		{ "rsync-pull", TRANSPORT_RSYNC, OP_SEND, ACCESS_READ },
	};

	cr_assert_eq(FORM_COUNT, N_ELEMENTS(rows));
	for (unsigned id = 0; id < FORM_COUNT; id++) {
		const struct form *const form = form_row((enum form_id)id);

		cr_assert_str_eq(form->id, rows[id].id);
		cr_assert_eq(form->transport, rows[id].transport, "%s", form->id);
		cr_assert_eq(form->op, rows[id].op, "%s", form->id);
		cr_assert_eq(form->access, rows[id].access, "%s", form->id);
	}
	cr_assert_eq(form_row((enum form_id)FORM_COUNT), form_row(FORM_NONE));
	cr_assert_eq(form_row((enum form_id) - 1), form_row(FORM_NONE));
}

Test(form, names_every_transport_and_operation)
{
	cr_assert_str_eq(transport_word(TRANSPORT_NONE), "-");
	cr_assert_str_eq(transport_word(TRANSPORT_SSH), "ssh");
	cr_assert_str_eq(transport_word(TRANSPORT_RSYNC), "rsync");
	for (unsigned op = OP_NONE; op < OP_COUNT; op++)
		for (unsigned other = OP_NONE; other < op; other++)
			cr_assert_str_neq(op_word((enum op)op), op_word((enum op)other));
	cr_assert_str_eq(transport_word((enum transport)77), "-");
	cr_assert_str_eq(transport_word((enum transport) - 1), "-");
	cr_assert_str_eq(op_word((enum op)OP_COUNT), "-");
	cr_assert_str_eq(op_word((enum op) - 1), "-");
}

static void assert_same(const struct match *a, const struct match *b)
{
	cr_assert_eq(a->form, b->form);
	cr_assert_eq(a->verbose, b->verbose);
	cr_assert_eq(a->recursive, b->recursive);
	cr_assert_eq(a->directory, b->directory);
	cr_assert_eq(a->compress, b->compress);
	cr_assert_str_eq(a->caps, b->caps);
	cr_assert_eq(a->path == NULL, b->path == NULL);
	if (a->path != NULL)
		cr_assert_str_eq(a->path, b->path);
}

Test(form, reads_what_it_writes_with_every_flag)
{
	static struct samples samples;
	bool seen[FORM_COUNT] = { false };

	samples_make(&samples);
	for (size_t i = 0; i < samples.count; i++) {
		char line[CMD_MAX];
		static struct reading reading;
		const size_t len = form_write(line, sizeof(line), &samples.at[i]);

		cr_assert_neq(len, 0, "%s", form_row(samples.at[i].form)->id);
		cr_assert_eq(len, strlen(line));
		check_line(line, len, true);
		read_line(&reading, (struct bytes){ line, len }, true);
		cr_assert(reading.accepted, "%s", line);
		assert_same(&reading.match, &samples.at[i]);
		seen[samples.at[i].form] = true;
	}
	for (unsigned id = FORM_NONE + 1; id < FORM_COUNT; id++)
		cr_assert(seen[id], "no sample of %s", form_row((enum form_id)id)->id);
}

/* Checks each variant of a sample against the grammar. */
static const char *const extra_words[] = { "-v", "-r", "-d", "-p", "-t", "-f", "-rf", "-fr", "-s", "-q", "-e", "-z",
	"--", "-", ".", "/", "..", "--server", "--sender", "--delete", "--delete-excluded", "--no-implied-dirs",
	"--daemon", "--files-from=/x", "--rsh=sh", "-rSe.", "-rSze.iLs", "-logDtpre.iLs", "-logDtprRe.iLs",
	"-oProxyCommand=x", "-S", "touch", "rm", "mkdir", "scp", "rsync", "-l", "-u", "-R", "INFO", "AUTHPRIV",
	"internal-sftp", "/usr/lib/openssh/sftp-server", "/bin/sh", I, "x", "relative/path" };

enum {
	JOINED_MAX = 16,
};

struct joined {
	unsigned count;
	const char *at[JOINED_MAX];
};

static void check_joined(const struct joined *words)
{
	char line[2 * CMD_MAX] = "";

	for (unsigned i = 0; i < words->count; i++) {
		strcat(line, i == 0 ? "" : " ");
		strcat(line, words->at[i]);
	}
	check_text(line);
}

static struct joined joined_without(const struct joined *words, unsigned at)
{
	struct joined out = { words->count - 1, { NULL } };

	for (unsigned i = 0; i < out.count; i++)
		out.at[i] = words->at[i < at ? i : i + 1];
	return out;
}

static struct joined joined_with(const struct joined *words, unsigned at, const char *word)
{
	struct joined out = { words->count + 1, { NULL } };

	for (unsigned i = 0; i < out.count; i++)
		out.at[i] = i == at ? word : words->at[i < at ? i : i - 1];
	return out;
}

static void check_words_one_off(const struct joined *words)
{
	for (unsigned at = 0; at <= words->count; at++)
		for (size_t e = 0; e < N_ELEMENTS(extra_words); e++) {
			struct joined more = joined_with(words, at, extra_words[e]);

			check_joined(&more);
		}
	for (unsigned at = 0; at < words->count; at++) {
		struct joined less = joined_without(words, at), twice = joined_with(words, at, words->at[at]);

		check_joined(&less);
		check_joined(&twice);
		for (size_t e = 0; e < N_ELEMENTS(extra_words); e++) {
			struct joined other = *words;

			other.at[at] = extra_words[e];
			check_joined(&other);
		}
		for (unsigned with = at + 1; with < words->count; with++) {
			struct joined swapped = *words;

			swapped.at[at] = words->at[with];
			swapped.at[with] = words->at[at];
			check_joined(&swapped);
		}
	}
}

Test(form, refuses_words_one_off_in_every_direction, .timeout = 300)
{
	static struct samples samples;

	samples_make(&samples);
	for (size_t i = 0; i < samples.count; i++) {
		char line[CMD_MAX];
		struct words words;
		struct joined joined = { 0, { NULL } };
		const size_t len = form_write(line, sizeof(line), &samples.at[i]);

		cr_assert_eq(words_split(&words, (struct bytes){ line, len }), WORDS_OK);
		for (unsigned w = 0; w < words.count; w++)
			joined.at[joined.count++] = words_at(&words, w);
		check_words_one_off(&joined);
	}
}

/* Every byte replaced, inserted and removed, at every position. */
static void check_bytes_one_off(const char *line, size_t len)
{
	for (size_t at = 0; at <= len; at++) {
		char copy[CMD_MAX] = "";

		for (unsigned byte = 0; byte < 256; byte++) {
			memcpy(copy, line, at);
			copy[at] = (char)byte;
			memcpy(copy + at + 1, line + at, len - at + 1);
			check_line(copy, len + 1, byte % 2 == 0);
			if (at == len)
				continue;
			memcpy(copy + at + 1, line + at + 1, len - at);
			check_line(copy, len, byte % 2 == 0);
		}
		memcpy(copy, line, at);
		memcpy(copy + at, line + at + 1, len - at);
		if (at < len)
			check_line(copy, len - 1, true);
	}
}

/* One test for each part, each with its own timeout: together they take minutes on a slow machine. */
enum {
	PARTS = 8,
};

static void check_part(size_t part)
{
	static struct samples samples;

	samples_make(&samples);
	for (size_t i = part; i < samples.count; i += PARTS) {
		char line[CMD_MAX];
		const size_t len = form_write(line, sizeof(line), &samples.at[i]);

		check_bytes_one_off(line, len);
	}
}

#define TEST_PART(part) \
	Test(form, refuses_bytes_one_off_at_every_position_##part, .timeout = 300) \
	{ \
		check_part(part); \
	}

TEST_PART(0)
TEST_PART(1)
TEST_PART(2)
TEST_PART(3)
TEST_PART(4)
TEST_PART(5)
TEST_PART(6)
TEST_PART(7)

static size_t mutate(struct random *random, char *line, size_t len)
{
	static const char bytes[] = " /-.aeiorstxzRSDp0:=_\n;$\\\"'";
	const size_t at = random_below(random, len + 1);

	switch (random_below(random, 4)) {
	case 0:
		memmove(line + at + 1, line + at, len - at);
		line[at] = bytes[random_below(random, sizeof(bytes) - 1)];
		return len + 1;
	case 1:
		if (at == len)
			return len;
		memmove(line + at, line + at + 1, len - at - 1);
		return len - 1;
	case 2:
		if (at < len)
			line[at] = bytes[random_below(random, sizeof(bytes) - 1)];
		return len;
	default:
		if (at < len)
			line[at] ^= 0x20;
		return len;
	}
}

enum {
	ROUNDS = 100000,
};

static void check_mutations(unsigned seed)
{
	static struct samples samples;
	struct random random = { seed };
	unsigned accepted = 0;

	samples_make(&samples);
	for (unsigned round = 0; round < ROUNDS; round++) {
		char line[CMD_MAX];
		const struct match *const sample = &samples.at[random_below(&random, samples.count)];
		size_t len = form_write(line, sizeof(line), sample);

		for (size_t steps = 1 + random_below(&random, 4); steps != 0; steps--)
			len = mutate(&random, line, len);
		line[len] = '\0';
		check_line(line, len, round % 2 == 0);
		accepted += grammar_read(&grammar, line, len, round % 2 == 0) != FORM_NONE;
	}
	/* Mutations that never hit a form would prove nothing. */
	cr_assert_gt(accepted, ROUNDS / 10);
}

#define TEST_SEED(seed) \
	Test(form, reproduces_whatever_it_accepts_##seed, .timeout = 300) \
	{ \
		check_mutations(seed); \
	}

TEST_SEED(4711)
TEST_SEED(4712)
TEST_SEED(4713)
TEST_SEED(4714)

/* The head of one sample with the tail of another. */
Test(form, refuses_one_form_grafted_on_another, .timeout = 300)
{
	static struct samples samples;
	char a[CMD_MAX], b[CMD_MAX], line[2 * CMD_MAX];

	samples_make(&samples);
	for (size_t i = 0; i < samples.count; i++) {
		cr_assert_neq(form_write(a, sizeof(a), &samples.at[i]), 0);
		for (size_t j = 0; j < samples.count; j++) {
			cr_assert_neq(form_write(b, sizeof(b), &samples.at[j]), 0);
			strcat(strcat(strcpy(line, a), " "), b);
			check_text(line);
			for (const char *head = strchr(a, ' '); head != NULL; head = strchr(head + 1, ' '))
				for (const char *tail = strchr(b, ' '); tail != NULL; tail = strchr(tail + 1, ' ')) {
					strcpy(line, a);
					strcpy(line + (head - a), tail);
					check_text(line);
				}
		}
	}
}

Test(form, refuses_capability_letters_that_a_match_cannot_hold)
{
	char line[CMD_MAX];
	char caps[64] = ".";

	for (size_t len = 1; len < 60; len++) {
		strcat(strcat(strcpy(line, "rsync --server -rSe"), caps), " . " I "/" U "/disk");
		cr_assert_str_eq(word_of(line, false), len < CAPS_MAX ? "rsync-push" : "unknown-form", "%s", line);
		check_text(line);
		strcat(caps, "i");
	}
}

Test(form, takes_internal_sftp_from_a_forced_command_only)
{
	cr_assert_str_eq(word_of("internal-sftp", true), "sftp");
	cr_assert_str_eq(word_of("internal-sftp", false), "unknown-command");
	cr_assert_str_eq(word_of("internal-sftp -l INFO -f AUTHPRIV", true), "sftp");
	cr_assert_str_eq(word_of("internal-sftp -l INFO -f AUTHPRIV", false), "unknown-command");
}

struct expectation {
	const char *line, *word;
};

static void check_words_of(const struct expectation *rows, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		cr_assert_str_eq(word_of(rows[i].line, false), rows[i].word, "%s", rows[i].line);
		check_text(rows[i].line);
	}
}

Test(form, refuses_prefixes_and_other_programs)
{
	static const struct expectation rows[] = {
		{ "env rm " I "/" U, "unknown-command" },
		{ "LD_PRELOAD=x rm " I "/" U, "unknown-command" },
		{ "/tmp/rm " I "/" U, "unknown-command" },
		{ "/bin/rm " I "/" U, "unknown-command" },
		{ "/usr/bin/rsync --server -rSe.iLs . " I "/" U, "unknown-command" },
		{ "./rm " I "/" U, "unknown-command" },
		{ "RM " I "/" U, "unknown-command" },
		{ "Touch " I "/" U, "unknown-command" },
		{ "rmdir " I "/" U, "unknown-command" },
		{ "scpx -t " I "/" U, "unknown-command" },
		{ "xscp -t " I "/" U, "unknown-command" },
		{ "busybox rm " I "/" U, "unknown-command" },
		{ "sudo rm " I "/" U, "unknown-command" },
		{ "exec rm " I "/" U, "unknown-command" },
		{ "command rm " I "/" U, "unknown-command" },
		{ ". " I "/" U "/x", "unknown-command" },
		{ "sh -c id", "unknown-command" },
		{ "/bin/sh /var/lib/nova/.ssh/rc", "unknown-command" },
		{ "rssh-nova --config=/tmp/c", "unknown-command" },
		{ "/usr/bin/rssh-nova --profile admin", "unknown-command" },
		{ "--profile admin", "unknown-command" },
		{ "--config /tmp/c touch " I "/" U "/x", "unknown-command" },
		{ "-c id", "unknown-command" },
		{ "id", "unknown-command" },
		{ "touch", "unknown-form" },
		{ "rm", "unknown-form" },
		{ "mkdir", "unknown-form" },
		{ "mkdir " I "/" U, "unknown-form" },
		{ "mkdir -p", "unknown-form" },
		{ "mkdir -p -m 777 " I "/" U, "unknown-form" },
		{ "mkdir -pm777 " I "/" U, "unknown-form" },
		{ "mkdir --parents " I "/" U, "unknown-form" },
		{ "mkdir -p " I "/" U " /etc/x", "unknown-form" },
		{ "touch -r /etc/shadow " I "/" U "/x", "unknown-form" },
		{ "touch -- " I "/" U "/x", "unknown-form" },
		{ "touch " I "/" U "/x /etc/y", "unknown-form" },
		{ "touch -", "unknown-form" },
		{ "touch x", "unknown-form" },
		{ "rm -r " I "/" U, "unknown-form" },
		{ "rm -fr " I "/" U, "unknown-form" },
		{ "rm -f " I "/" U, "unknown-form" },
		{ "rm -r -f " I "/" U, "unknown-form" },
		{ "rm -rf --no-preserve-root /", "unknown-form" },
		{ "rm -rf " I "/" U " /etc", "unknown-form" },
		{ "rm -rfv " I "/" U, "unknown-form" },
		{ "rm " I "/" U "/x -rf", "unknown-form" },
	};

	check_words_of(rows, N_ELEMENTS(rows));
}

Test(form, refuses_the_attacks_on_scp)
{
	static const struct expectation rows[] = {
		{ "scp", "unknown-form" },
		{ "scp -S prog -t " I "/" U "/disk", "unknown-form" },
		{ "scp -S/tmp/x -t " I "/" U "/disk", "unknown-form" },
		{ "scp -vS prog -t " I "/" U "/disk", "unknown-form" },
		{ "scp -t -S prog " I "/" U "/disk", "unknown-form" },
		{ "scp -o ProxyCommand=id -t " I "/" U "/disk", "unknown-form" },
		{ "scp -oProxyCommand=id -t " I "/" U "/disk", "unknown-form" },
		{ "scp -F file -t " I "/" U "/disk", "unknown-form" },
		{ "scp -i /etc/shadow -t " I "/" U "/disk", "unknown-form" },
		{ "scp " I "/" U "/disk host:/x", "unknown-form" },
		{ "scp -r " I "/" U "/disk " I "/" U "/x", "unknown-form" },
		{ "scp -t -oX", "unknown-form" },
		{ "scp -t -oProxyCommand=id", "unknown-form" },
		{ "scp -t " I "/" U "/a " I "/" U "/b", "unknown-form" },
		{ "scp -t -f " I "/" U "/a", "unknown-form" },
		{ "scp -f -t " I "/" U "/a", "unknown-form" },
		{ "scp -tf " I "/" U "/a", "unknown-form" },
		{ "scp -rt " I "/" U "/a", "unknown-form" },
		{ "scp -p -t " I "/" U "/a", "unknown-form" },
		{ "scp -r -p -t " I "/" U "/a", "unknown-form" },
		{ "scp -r -v -t " I "/" U "/a", "unknown-form" },
		{ "scp -d -r -t " I "/" U "/a", "unknown-form" },
		{ "scp -r -r -t " I "/" U "/a", "unknown-form" },
		{ "scp -q -t " I "/" U "/a", "unknown-form" },
		{ "scp -C -t " I "/" U "/a", "unknown-form" },
		{ "scp -l 1 -t " I "/" U "/a", "unknown-form" },
		{ "scp -t -- " I "/" U "/a", "unknown-form" },
		{ "scp -- -t " I "/" U "/a", "unknown-form" },
		{ "scp -t", "unknown-form" },
		{ "scp -t relative", "unknown-form" },
		{ "scp -t .", "unknown-form" },
	};

	check_words_of(rows, N_ELEMENTS(rows));
}

#define SFTP "/usr/lib/openssh/sftp-server"
Test(form, refuses_options_of_sftp_server_whose_loss_would_matter)
{
	static const struct expectation rows[] = {
		{ SFTP " -d /", "unknown-form" },
		{ SFTP " -d /var/lib/nova/instances", "unknown-form" },
		{ SFTP " -u 0027", "unknown-form" },
		{ SFTP " -R", "unknown-form" },
		{ SFTP " -P remove", "unknown-form" },
		{ SFTP " -p open,close", "unknown-form" },
		{ SFTP " -Q requests", "unknown-form" },
		{ SFTP " -h", "unknown-form" },
		{ SFTP " -l INFO -R", "unknown-form" },
		{ SFTP " -R -l INFO", "unknown-form" },
		{ SFTP " -l INFO -u 0 -f AUTH", "unknown-form" },
		{ SFTP " -d INFO", "unknown-form" },
	};

	check_words_of(rows, N_ELEMENTS(rows));
}

Test(form, refuses_options_of_sftp_server_one_step_off)
{
	static const struct expectation rows[] = {
		{ SFTP " -l", "unknown-form" },
		{ SFTP " -f", "unknown-form" },
		{ SFTP " INFO", "unknown-form" },
		{ SFTP " -l AUTH", "unknown-form" },
		{ SFTP " -f INFO", "unknown-form" },
		{ SFTP " -l INFO INFO", "unknown-form" },
		{ SFTP " -l INFO -l INFO", "unknown-form" },
		{ SFTP " -e -e", "unknown-form" },
		{ SFTP " -f AUTH -l INFO -f AUTH", "unknown-form" },
		{ SFTP " -lINFO", "unknown-form" },
		{ SFTP " -el INFO", "unknown-form" },
		{ SFTP " -eh", "unknown-form" },
		{ SFTP " -l Info", "unknown-form" },
		{ SFTP " -l INFOX", "unknown-form" },
		{ SFTP " -l INF", "unknown-form" },
		{ SFTP " -l DEBUG4", "unknown-form" },
		{ SFTP " -f LOCAL8", "unknown-form" },
		{ SFTP " -f AUTHPRIVX", "unknown-form" },
		{ SFTP " -f KERN", "unknown-form" },
		{ SFTP " -l -e", "unknown-form" },
		{ SFTP " -- -l INFO", "unknown-form" },
		{ SFTP " -l INFO /etc", "unknown-form" },
		{ SFTP " -l INFO -f AUTH -e -e", "unknown-form" },
		{ SFTP " -L INFO", "unknown-form" },
		{ SFTP " -l=INFO", "unknown-form" },
		{ SFTP "-l INFO", "unknown-command" },
		{ "-l INFO " SFTP, "unknown-command" },
		{ "scp -l INFO -t " I "/" U, "unknown-form" },
		{ "rm -e " I "/" U "/disk", "unknown-form" },
	};

	check_words_of(rows, N_ELEMENTS(rows));
}

Test(form, refuses_arguments_for_sftp_server)
{
	static const struct expectation rows[] = {
		{ "/usr/lib/openssh/sftp-server -d /etc", "unknown-form" },
		{ "/usr/lib/openssh/sftp-server -u 0", "unknown-form" },
		{ "/usr/lib/openssh/sftp-server -f X", "unknown-form" },
		{ "/usr/lib/openssh/sftp-server -R", "unknown-form" },
		{ GRAMMAR_SFTP_SERVER " -d /etc", "unknown-form" },
		{ "sftp-server", "unknown-command" },
		{ "/tmp/sftp-server", "unknown-command" },
		{ "/usr/lib/openssh/sftp-serverx", "unknown-command" },
		{ "/usr/lib/openssh/../openssh/sftp-server", "unknown-command" },
		{ "/usr/lib/openssh//sftp-server", "unknown-command" },
		{ "/usr/lib/openssh", "unknown-command" },
		{ "internal-sftp -d /etc", "unknown-command" },
		{ "sftp", "unknown-command" },
	};

	check_words_of(rows, N_ELEMENTS(rows));
	cr_assert_str_eq(word_of("internal-sftp -d /etc", true), "unknown-form");
	cr_assert_str_eq(word_of("internal-sftp -u 0", true), "unknown-form");
}

#define S "rsync --server "
Test(form, refuses_the_attacks_on_rsync)
{
	static const struct expectation rows[] = {
		{ "rsync", "unknown-form" },
		{ "rsync --server", "unknown-form" },
		{ "rsync -rSe.iLs . " I "/" U, "unknown-form" },
		{ "rsync -e prog host:x " I "/" U, "unknown-form" },
		{ "rsync -re prog host:x " I "/" U, "unknown-form" },
		{ "rsync --rsh prog --server -rSe.iLs . " I "/" U, "unknown-form" },
		{ S "--rsh=prog -rSe.iLs . " I "/" U, "unknown-form" },
		{ S "-rSe prog . " I "/" U, "unknown-form" },
		{ S "-rSe./tmp/x . " I "/" U, "unknown-form" },
		{ S "-rSesh . " I "/" U, "unknown-form" },
		{ S "-rSe.iLs . -- " I "/" U, "unknown-form" },
		{ S "-rSe.iLs -- . " I "/" U, "unknown-form" },
		{ S "-rSe.iLs . " I "/" U " --rsh=x", "unknown-form" },
		{ S "--daemon --config=/tmp/c .", "unknown-form" },
		{ "rsync --daemon --config=/tmp/c", "unknown-form" },
		{ "rsync --server --daemon .", "unknown-form" },
		{ S "-s", "secluded-args" },
		{ S "-se.iLsfxCIvu", "secluded-args" },
		{ S "-slogDtpre.iLsfxCIvu", "secluded-args" },
		{ S "--sender -s", "secluded-args" },
		{ S "--sender -se.iLsfxCIvu", "secluded-args" },
		{ S "-rSe.iLs --files-from=/etc/shadow . " I "/" U, "unknown-form" },
		{ S "-rSe.iLs --log-file=/x . " I "/" U, "unknown-form" },
		{ S "-rSe.iLs --write-batch=/x . " I "/" U, "unknown-form" },
		{ S "-rSe.iLs --temp-dir=/tmp . " I "/" U, "unknown-form" },
		{ S "-rSe.iLs --link-dest=/etc . " I "/" U, "unknown-form" },
		{ S "-rSe.iLs --write-devices . " I "/" U, "unknown-form" },
		{ S "-rSe.iLs --copy-as=root . " I "/" U, "unknown-form" },
		{ S "-rSe.iLs --chmod=u+s . " I "/" U, "unknown-form" },
		{ S "-rSe.iLs --usermap=x . " I "/" U, "unknown-form" },
		{ S "--sender -rSe.iLs --remove-source-files . " I "/" U "/kernel", "unknown-form" },
		{ S "-rSe.iLs --max-alloc=0 . " I "/" U, "unknown-form" },
		{ S "-rSe.iLs --insecure-links . " I "/" U, "unknown-form" },
		{ S "-rSe.iLs . " I "/" U "/disk /etc/shadow", "unknown-form" },
		{ S "--sender -rSe.iLs . " I "/" U "/kernel /etc/shadow", "unknown-form" },
		{ S "-rSe.iLs " I "/" U, "unknown-form" },
		{ S "-rSe.iLs .. " I "/" U, "unknown-form" },
		{ S "-rSe.iLs / " I "/" U, "unknown-form" },
		{ S "-rlSe.iLs . " I "/" U, "unknown-form" },
		{ S "-Sre.iLs . " I "/" U, "unknown-form" },
		{ S "-rSzze.iLs . " I "/" U, "unknown-form" },
		{ S "-rzSe.iLs . " I "/" U, "unknown-form" },
		{ S "-logDtpre.iLs . " I "/" U, "unknown-form" },
		{ S "-logDtprRe.iLs . /", "unknown-form" },
		{ S "-logDtprRe.iLs --no-implied-dirs . /etc", "unknown-form" },
		{ S "-logDtprRe.iLs --no-implied-dirs . " I, "unknown-form" },
		{ S "-logDtpre.iLs --delete --delete-excluded . " I, "unknown-form" },
		{ S "-logDtpre.iLs --delete-after . " I, "unknown-form" },
		{ S "-rSe.iLs --delete . " I "/" U, "unknown-form" },
		{ S "-rSe.iLs --sender . " I "/" U "/kernel", "unknown-form" },
		{ "rsync --sender --server -rSe.iLs . " I "/" U "/kernel", "unknown-form" },
		{ "rsync --sender -rSe.iLs . " I "/" U "/kernel", "unknown-form" },
	};

	check_words_of(rows, N_ELEMENTS(rows));
}

Test(form, leaves_the_match_alone_when_it_refuses)
{
	struct words words;
	struct match match = { .form = FORM_MKDIR, .path = "/kept" };
	enum reason reason = REASON_NONE;

	cr_assert_eq(words_split(&words, bytes_of("scp -v -r -x /p")), WORDS_OK);
	cr_assert_not(form_match(&match, &reason, &words, "", false));
	cr_assert_eq(match.form, FORM_MKDIR);
	cr_assert_str_eq(match.path, "/kept");
	cr_assert(!match.verbose && !match.recursive);
}

Test(form, reads_no_words_as_no_form)
{
	const struct words words = { .count = 0 };
	struct match match;
	enum reason reason = REASON_NONE;

	cr_assert_not(form_match(&match, &reason, &words, GRAMMAR_SFTP_SERVER, true));
	cr_assert_eq(reason, REASON_UNKNOWN_COMMAND);
}

Test(form, writes_nothing_that_it_would_not_read)
{
	static const struct match rows[] = {
		{ .form = FORM_NONE, .path = "/x" },
		{ .form = FORM_COUNT, .path = "/x" },
		{ .form = (enum form_id) - 1, .path = "/x" },
		{ .form = FORM_TOUCH },
		{ .form = FORM_TOUCH, .path = "" },
		{ .form = FORM_TOUCH, .path = "relative" },
		{ .form = FORM_TOUCH, .path = "-oX" },
		{ .form = FORM_TOUCH, .path = "/a b" },
		{ .form = FORM_TOUCH, .path = "/a\nid" },
		{ .form = FORM_TOUCH, .path = "/a;id" },
		{ .form = FORM_TOUCH, .path = "/$(id)" },
		{ .form = FORM_REMOVE_TREE, .path = "/*" },
		{ .form = FORM_SCP_TO, .path = "/caf\xc3\xa9" },
		{ .form = FORM_SFTP },
		{ .form = FORM_SFTP, .path = "sh -c id" },
		{ .form = FORM_SFTP, .path = SFTP, .option_count = 1 },
		{ .form = FORM_SFTP, .path = SFTP, .option_count = SFTP_OPTIONS_MAX + 1 },
		{ .form = FORM_SFTP, .path = SFTP, .option_count = 1, .options = { "-R" } },
		{ .form = FORM_SFTP, .path = SFTP, .option_count = 1, .options = { "-l" } },
		{ .form = FORM_SFTP, .path = SFTP, .option_count = 2, .options = { "-l", "x y" } },
		{ .form = FORM_SFTP, .path = SFTP, .option_count = 2, .options = { "-e", "-e" } },
		{ .form = FORM_RSYNC_CREATE },
		{ .form = FORM_RSYNC_CREATE, .caps = "iLs" },
		{ .form = FORM_RSYNC_CREATE, .caps = ".", .compress = true },
		{ .form = FORM_RSYNC_PUSH, .caps = ". x", .path = "/x" },
		{ .form = FORM_RSYNC_PUSH, .caps = ".x1", .path = "/x" },
		{ .form = FORM_RSYNC_PUSH, .caps = ".x", .path = "x" },
		{ .form = FORM_RSYNC_PUSH, .caps = ".x" },
	};

	for (size_t i = 0; i < N_ELEMENTS(rows); i++) {
		char line[CMD_MAX] = "kept?";

		cr_assert_eq(form_write(line, sizeof(line), &rows[i]), 0, "row %zu: %s", i, line);
		cr_assert_str_eq(line, "", "row %zu", i);
	}
}

Test(form, writes_no_line_that_is_too_long_to_be_read)
{
	static char path[2 * CMD_MAX];
	static char line[4 * CMD_MAX];
	const struct match match = { .form = FORM_TOUCH, .path = path };
	const size_t longest = CMD_MAX - 1 - strlen("touch ");

	memset(path, 'a', sizeof(path) - 1);
	path[0] = '/';
	path[longest] = '\0';
	cr_assert_eq(form_write(line, sizeof(line), &match), CMD_MAX - 1);
	check_text(line);
	path[longest] = 'a';
	path[longest + 1] = '\0';
	cr_assert_eq(form_write(line, sizeof(line), &match), 0);
	cr_assert_str_eq(line, "");
}

Test(form, writes_into_any_size_without_passing_its_end)
{
	static struct samples samples;

	samples_make(&samples);
	for (size_t i = 0; i < samples.count; i++) {
		char whole[CMD_MAX];
		const size_t len = form_write(whole, sizeof(whole), &samples.at[i]);

		for (size_t size = 0; size <= len + 2; size++) {
			char line[CMD_MAX];
			size_t wrote;

			memset(line, '#', sizeof(line));
			wrote = form_write(line, size, &samples.at[i]);
			cr_assert_eq(wrote, size > len ? len : 0);
			for (size_t at = size; at < len + 8; at++)
				cr_assert_eq(line[at], '#', "wrote behind %zu", size);
			if (size != 0)
				cr_assert_eq(strlen(line), wrote);
		}
	}
}
