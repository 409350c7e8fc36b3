/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

#include "base/journal.h"

static struct record record;

/* A record with as many fields as fit, each "KEY=v" with a key of len letters, after "event=EVENT". */
static void record_of(const char *event, unsigned fields, size_t len)
{
	record = (struct record){ 0 };
	record.len = (size_t)snprintf(record.line, sizeof(record.line), "event=%s", event);
	record.fields[record.count++] =
		(struct record_field){ .key = 0, .key_len = 5, .value = 6, .value_len = (uint16_t)strlen(event) };
	while (record.count < fields) {
		struct record_field *const field = &record.fields[record.count];

		cr_assert_lt(record.len + len + 3, sizeof(record.line));
		record.line[record.len++] = ' ';
		*field = (struct record_field){ .key = (uint16_t)record.len,
			.key_len = (uint16_t)len,
			.value = (uint16_t)(record.len + len + 1),
			.value_len = 1 };
		memset(record.line + record.len, 'a' + (int)(record.count++ % 26), len);
		record.len += len;
		record.line[record.len++] = '=';
		record.line[record.len++] = 'v';
	}
}

/* What journald would get. */
static const char *sent(const struct journal *journal)
{
	static char text[4 * RECORD_MAX];
	size_t len = 0;

	for (int i = 0; i < journal->count; i++) {
		cr_assert_lt(len + journal->parts[i].iov_len, sizeof(text));
		memcpy(text + len, journal->parts[i].iov_base, journal->parts[i].iov_len);
		len += journal->parts[i].iov_len;
	}
	text[len] = '\0';
	return text;
}

static const char *wanted_head(const char *message_id)
{
	static char text[2 * RECORD_MAX];

	snprintf(text, sizeof(text),
		"PRIORITY=6\nSYSLOG_FACILITY=10\nSYSLOG_IDENTIFIER=rssh-nova\nSYSLOG_PID=%d\n%s%s%sMESSAGE=%s\n",
		getpid(), message_id == NULL ? "" : "MESSAGE_ID=", message_id == NULL ? "" : message_id,
		message_id == NULL ? "" : "\n", record.line);
	return text;
}

/* Programs outside find events by these, so they never change. */
Test(journal, names_each_event_by_its_own_id)
{
	static const struct {
		const char *event, *id;
	} rows[] = {
		{ "decide", "86915a608261485a8c54d4d1ceed7931" },
		{ "done", "d5eadfde6c414e9faab1a27ecb97d680" },
		{ "image", "34bd4d3465a4449a8f2aaa544c6ae991" },
		{ "domain", "c07a3e58fda846d296e624f4da327c96" },
		{ "fence", "3802c6d8c3bb40a3b50a0a6618aea42d" },
		{ "fault", "37054f8966924d40af93be235ca542f2" },
		{ "decid", NULL },
		{ "decided", NULL },
		{ "none", NULL },
	};
	struct journal journal;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		record_of(rows[i].event, 1, 0);
		journal_make(&journal, LOG_AUTHPRIV | LOG_INFO, &record);
		const char *const head = wanted_head(rows[i].id);

		cr_expect_eq(strncmp(sent(&journal), head, strlen(head)), 0, "%s: %s", rows[i].event, sent(&journal));
	}
}

/* A record has at most RECORD_FIELDS_MAX fields. Nothing of one is written over another. */
Test(journal, holds_the_most_fields)
{
	struct journal journal;
	char *wanted;
	size_t len;

	record_of("decide", RECORD_FIELDS_MAX, 11);
	journal_make(&journal, LOG_AUTHPRIV | LOG_INFO, &record);
	wanted = strdup(wanted_head("86915a608261485a8c54d4d1ceed7931"));
	cr_assert_not_null(wanted);
	len = strlen(wanted);
	cr_expect_eq(strncmp(sent(&journal), wanted, len), 0, "%s", sent(&journal));
	cr_expect_eq(journal.count, JOURNAL_PARTS_MAX);
	cr_expect_eq(strncmp(sent(&journal) + len, "RSSH_NOVA_EVENT=decide\nRSSH_NOVA_BBBBBBBBBBB=v\n", 47), 0);
	free(wanted);
}

/* No record has such keys: a field without room is left out, and MESSAGE has it. */
Test(journal, writes_nothing_beyond_its_names)
{
	static struct {
		struct journal journal;
		char beyond[16 * 1024];
	} box;
	const struct journal *const journal = &box.journal;
	const char *end = journal->names;

	memset(box.beyond, '#', sizeof(box.beyond));
	for (size_t len = 100; len < 130; len++) {
		record_of("decide", RECORD_FIELDS_MAX, len);
		journal_make(&box.journal, LOG_AUTHPRIV | LOG_INFO, &record);
		cr_assert_lt(journal->count, JOURNAL_PARTS_MAX);
		for (int i = 2; i + 1 < journal->count; i += 2)
			end = (const char *)journal->parts[i].iov_base + journal->parts[i].iov_len;
		cr_expect_leq(end - journal->names, JOURNAL_NAMES_MAX);
		cr_expect_eq(box.beyond[0], '#', "keys of %zu", len);
		cr_expect_eq(memcmp(journal->parts[1].iov_base, record.line, record.len), 0);
	}
}

/* "-" stands for none, and nothing else does. */
Test(journal, leaves_out_no_value_that_begins_with_a_minus)
{
	static const struct outcome outcome = { .bytes_in = -1, .denied = "-x", .wrote = "-" };
	struct journal journal;

	record_done(&record, false, "r", &outcome);
	journal_make(&journal, LOG_AUTHPRIV | LOG_INFO, &record);
	cr_expect_not_null(
		strstr(sent(&journal), "\nRSSH_NOVA_BYTES_IN=-1\nRSSH_NOVA_BYTES_OUT=0\nRSSH_NOVA_DENIED=-x\n"));
	cr_expect_null(strstr(sent(&journal), "RSSH_NOVA_WROTE"));
}
