/* SPDX-License-Identifier: Apache-2.0 */
#include "base/journal.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

#include "policy/digits.h"

enum {
	NAME_MAX_LEN = 16, /* of "\nRSSH_NOVA_", "=" and a NUL */
};

/* The MESSAGE_ID of each event, made once by systemd-id128(1). rssh-nova(8) lists them. */
static const struct {
	char event[8], id[33];
} ids[] = {
	{ "decide", "86915a608261485a8c54d4d1ceed7931" },
	{ "done", "d5eadfde6c414e9faab1a27ecb97d680" },
	{ "image", "34bd4d3465a4449a8f2aaa544c6ae991" },
	{ "domain", "c07a3e58fda846d296e624f4da327c96" },
	{ "fence", "3802c6d8c3bb40a3b50a0a6618aea42d" },
	{ "fault", "37054f8966924d40af93be235ca542f2" },
};

static char *head_put(char *at, int priority, struct bytes event)
{
	at = digits_decimal(stpcpy(at, "PRIORITY="), LOG_PRI(priority));
	at = digits_decimal(stpcpy(at, "\nSYSLOG_FACILITY="), LOG_FAC(priority));
	at = digits_decimal(stpcpy(at, "\nSYSLOG_IDENTIFIER=rssh-nova\nSYSLOG_PID="), getpid());
	for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++)
		if (strlen(ids[i].event) == event.len && memcmp(ids[i].event, event.at, event.len) == 0)
			at = stpcpy(stpcpy(at, "\nMESSAGE_ID="), ids[i].id);
	return stpcpy(at, "\nMESSAGE=");
}

static void part_put(struct journal *journal, struct bytes bytes)
{
	journal->parts[journal->count++] = (struct iovec){ (void *)(uintptr_t)bytes.at, bytes.len };
}

/* Writes "\nRSSH_NOVA_KEY=". Returns its end. */
static char *name_put(char *at, struct bytes key)
{
	at = stpcpy(at, "\nRSSH_NOVA_");
	for (size_t i = 0; i < key.len; i++)
		*at++ = key.at[i] >= 'a' && key.at[i] <= 'z' ? (char)(key.at[i] - 'a' + 'A') : key.at[i];
	*at++ = '=';
	return at;
}

static struct bytes value_of(const struct record *record, unsigned i)
{
	return (struct bytes){ record->line + record->fields[i].value, record->fields[i].value_len };
}

static bool is_empty(struct bytes value)
{
	return value.len == 1 && value.at[0] == '-';
}

void journal_make(struct journal *out, int priority, const struct record *record)
{
	const struct bytes event = record->count > 0 ? value_of(record, 0) : bytes_of("");
	char *name = out->names;

	out->count = 0;
	part_put(out, (struct bytes){ out->head, (size_t)(head_put(out->head, priority, event) - out->head) });
	part_put(out, (struct bytes){ record->line, record->len });
	for (unsigned i = 0; i < record->count; i++) {
		const struct bytes key = { record->line + record->fields[i].key, record->fields[i].key_len };
		const struct bytes value = value_of(record, i);
		char *const begin = name;

		if (is_empty(value) || sizeof(out->names) - (size_t)(name - out->names) < NAME_MAX_LEN + key.len)
			continue;
		name = name_put(name, key);
		part_put(out, (struct bytes){ begin, (size_t)(name - begin) });
		part_put(out, value);
	}
	part_put(out, bytes_of("\n"));
}
