/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/record.h"

#include "policy/digits.h"

static const char hex[] = "0123456789abcdef";

static void put_bytes(struct record *record, struct bytes bytes)
{
	const size_t room = sizeof(record->line) - 1 - record->len;

	if (bytes.len > room) {
		record->full = true;
		bytes.len = room;
	}
	memcpy(record->line + record->len, bytes.at, bytes.len);
	record->len += bytes.len;
	record->line[record->len] = '\0';
}

static void put_text(struct record *record, const char *text)
{
	put_bytes(record, bytes_of(text));
}

/* True if a quoted value has the byte as it is. In logfmt "=" is escaped: no value looks like another key. */
static bool is_plain(char c, bool json)
{
	if (c < ' ' || c > '~' || c == '"' || c == '\\')
		return false;
	return json || c != '=';
}

/* Returns how many bytes at the beginning of value need no escape. */
static size_t plain_len(struct bytes value, bool json)
{
	size_t len = 0;

	while (len < value.len && is_plain(value.at[len], json))
		len++;
	return len;
}

/* In logfmt, a value that is one word has no quotes. All values of our own are such words. */
static bool is_word(struct bytes value, size_t room)
{
	return value.len <= room && plain_len(value, false) == value.len && memchr(value.at, ' ', value.len) == NULL &&
		memchr(value.at, '\'', value.len) == NULL;
}

static void put_escaped(struct record *record, char c)
{
	const unsigned char byte = (unsigned char)c;
	const char digits[] = { hex[byte >> 4], hex[byte & 15], '\0' };

	put_text(record, "\\u00");
	put_text(record, digits);
}

/* Remembers where the key of the next field is. */
static void field_begin(struct record *record, struct bytes key)
{
	if (record->count == RECORD_FIELDS_MAX) {
		record->full = true;
		return;
	}
	record->fields[record->count++] =
		(struct record_field){ .key = (uint16_t)record->len, .key_len = (uint16_t)key.len };
}

/* Remembers that the value of the last field is from start to the end of the line. */
static void field_end(struct record *record, size_t start)
{
	struct record_field *const field = &record->fields[record->count - 1];

	field->value = (uint16_t)start;
	field->value_len = (uint16_t)(record->len - start);
}

static void put_key(struct record *record, const char *key)
{
	if (record->len != 0)
		put_text(record, record->json ? "," : " ");
	else if (record->json)
		put_text(record, "{");
	put_text(record, record->json ? "\"" : "");
	field_begin(record, bytes_of(key));
	put_text(record, key);
	put_text(record, record->json ? "\":" : "=");
}

/* room limits the written bytes, not the sent ones, so that no value takes the room of another. */
static void put_value_within(struct record *record, const char *key, struct bytes value, size_t room)
{
	const size_t escape = strlen("\\u00NN");
	const char *const quote = record->json || !is_word(value, room) ? "\"" : "";
	size_t start;

	put_key(record, key);
	put_text(record, quote);
	start = record->len;
	for (;;) {
		const size_t plain = plain_len(value, record->json);
		const size_t len = plain < room ? plain : room;

		put_bytes(record, (struct bytes){ value.at, len });
		if (len == value.len)
			break;
		room -= len;
		if (len < plain || room < escape) {
			put_text(record, "\\u2026");
			break;
		}
		put_escaped(record, value.at[len]);
		room -= escape;
		value = (struct bytes){ value.at + len + 1, value.len - len - 1 };
	}
	field_end(record, start);
	put_text(record, quote);
}

static void put_value(struct record *record, const char *key, struct bytes value)
{
	put_value_within(record, key, value, RECORD_VALUE_MAX);
}

/* "-" stands for NULL and for "". */
static struct bytes word_bytes(const char *value)
{
	return bytes_of(value == NULL || value[0] == '\0' ? "-" : value);
}

static void put_word(struct record *record, const char *key, const char *value)
{
	put_value(record, key, word_bytes(value));
}

static void put_number(struct record *record, const char *key, int64_t number)
{
	char digits[DECIMAL_MAX];
	size_t start;

	(void)digits_decimal(digits, number);
	put_key(record, key);
	start = record->len;
	put_text(record, digits);
	field_end(record, start);
}

static void begin(struct record *out, bool json, const char *event, const char *ref)
{
	out->json = json;
	out->full = false;
	out->count = 0;
	out->len = 0;
	out->line[0] = '\0';
	put_word(out, "event", event);
	put_word(out, "ref", ref);
}

static void end(struct record *out)
{
	if (out->json)
		put_text(out, "}");
}

void record_decide(struct record *out, bool json, const struct request *request, const struct verdict *verdict,
	const struct terms *terms)
{
	const struct form *const form = form_row(verdict->form);
	const bool allow = verdict->kind == VERDICT_ALLOW;

	begin(out, json, "decide", request->ref);
	put_word(out, "verdict", allow ? "allow" : "deny");
	put_word(out, "reason", allow && verdict->reason == REASON_NONE ? "-" : reason_word(verdict->reason));
	put_word(out, "user", request->user);
	put_number(out, "uid", request->uid);
	put_word(out, "peer", request->peer);
	put_word(out, "peer_name", request->peer_name);
	put_word(out, "key", request->key);
	put_value_within(out, "cert_id", word_bytes(request->cert_id), RECORD_CERT_ID_MAX);
	put_word(out, "cert_serial", request->cert_serial);
	put_word(out, "ca", request->ca);
	put_word(out, "profile", request->profile);
	put_word(out, "transport", transport_word(form->transport));
	put_word(out, "form", form->id);
	put_word(out, "op", op_word(verdict->op));
	put_word(out, "path", verdict->path);
	put_word(out, "instance", verdict->instance);
	put_word(out, "claim", claim_word(verdict->claim));
	put_word(out, "confine", terms->confine);
	put_value_within(out, "given", word_bytes(terms->given), RECORD_GIVEN_MAX);
	put_value_within(out, "left_out", word_bytes(terms->left), RECORD_GIVEN_MAX);
	put_value(out, "cmd", request->command.len != 0 ? request->command : bytes_of("-"));
	end(out);
}

void record_done(struct record *out, bool json, const char *ref, const struct outcome *outcome)
{
	begin(out, json, "done", ref);
	put_number(out, "status", outcome->status);
	put_number(out, "signal", outcome->signal);
	put_word(out, "limit", outcome->limit);
	put_number(out, "ms", outcome->ms);
	put_number(out, "bytes_in", outcome->bytes_in);
	put_number(out, "bytes_out", outcome->bytes_out);
	put_value_within(out, "denied", word_bytes(outcome->denied), RECORD_DENIED_MAX);
	put_value_within(out, "wrote", word_bytes(outcome->wrote), RECORD_WROTE_MAX);
	end(out);
}

void record_image(struct record *out, bool json, const char *ref, enum image_finding finding, const char *instance,
	const char *file, const char *detail)
{
	begin(out, json, "image", ref);
	put_word(out, "finding", image_finding_word(finding));
	put_word(out, "instance", instance);
	put_word(out, "file", file);
	put_word(out, "detail", detail);
	end(out);
}

void record_domain(struct record *out, bool json, const char *ref, const struct arrival *arrival)
{
	static const char *const steps[ARRIVAL_COUNT] = {
		[ARRIVAL_REFUSE] = "refuse",
		[ARRIVAL_PREPARE] = "prepare",
		[ARRIVAL_FINISH] = "finish",
		[ARRIVAL_CANCEL] = "cancel",
		[ARRIVAL_END] = "end",
	};

	begin(out, json, "domain", ref);
	put_word(out, "step", steps[(unsigned)arrival->step < ARRIVAL_COUNT ? arrival->step : ARRIVAL_REFUSE]);
	put_word(out, "finding", tunnel_word(arrival->finding));
	put_word(out, "procedure", arrival->procedure);
	put_word(out, "instance", arrival->instance);
	put_word(out, "name", arrival->name);
	put_word(out, "flags", arrival->flags);
	put_word(out, "disks", arrival->disks);
	put_word(out, "detail", arrival->detail);
	end(out);
}

void record_fence(struct record *out, bool json, const char *ref, const struct fencing *fencing)
{
	begin(out, json, "fence", ref);
	put_word(out, "verdict", fencing->allow ? "allow" : "deny");
	put_word(out, "finding", image_finding_word(fencing->finding));
	put_word(out, "domain", fencing->domain);
	put_word(out, "operation", fencing->operation);
	put_word(out, "instance", fencing->instance);
	put_word(out, "peer", fencing->peer);
	put_word(out, "file", fencing->file);
	put_word(out, "detail", fencing->detail);
	put_number(out, "ms", fencing->ms);
	end(out);
}

void record_fault(struct record *out, bool json, const char *ref, const char *where, unsigned line, const char *problem)
{
	begin(out, json, "fault", ref);
	put_word(out, "where", where);
	put_number(out, "line", line);
	put_word(out, "problem", problem);
	end(out);
}
