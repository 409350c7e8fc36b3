/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>

#include <stdio.h>

#include "policy/record.h"
#include "tests/unit/policy/decide.h"
#include "tests/unit/policy/random.h"
#include "tests/unit/policy/sample.h"

#define I SAMPLE_ROOT
#define U SAMPLE_UUID

static struct request request_of(struct bytes command)
{
	struct request request = { .command = command, .present = true, .uid = 64055 };

	strcpy(request.user, "nova");
	strcpy(request.peer, "192.0.2.7");
	strcpy(request.key, "SHA256:abc");
	strcpy(request.ref, "00112233aabbccdd");
	return request;
}

static const char *decide(bool json, struct bytes command)
{
	static struct record record;
	static struct decided decided;
	const struct config config = both_transports();
	const struct request request = request_of(command);

	decide_line(&decided, &config, command, false);
	record_decide(&record, json, &request, &decided.verdict, &(struct terms){ .confine = "landlock:7,seccomp" });
	cr_assert_not(record.full);
	cr_assert_eq(strlen(record.line), record.len);
	cr_assert_lt(record.len, RECORD_MAX);
	return record.line;
}

Test(record, of_a_decision_has_these_keys_in_this_order)
{
	cr_assert_str_eq(decide(false, bytes_of("mkdir -p " I "/" U)),
		"event=decide ref=00112233aabbccdd verdict=allow reason=- user=nova uid=64055 peer=192.0.2.7 peer_name=- "
		"key=SHA256:abc cert_id=- cert_serial=- ca=- profile=- transport=ssh form=mkdir op=mkdir path=" I "/" U
		" instance=" U " claim=none confine=landlock:7,seccomp given=- left_out=- cmd=\"mkdir -p " I "/" U
		"\"");
	cr_assert_str_eq(decide(false, bytes_of("touch /etc/x; id")),
		"event=decide ref=00112233aabbccdd verdict=deny reason=bad-byte user=nova uid=64055 "
		"peer=192.0.2.7 peer_name=- key=SHA256:abc cert_id=- cert_serial=- ca=- profile=- transport=- form=- op=- path=- instance=- claim=none "
		"confine=landlock:7,seccomp given=- left_out=- cmd=\"touch /etc/x; id\"");
	cr_assert_str_eq(decide(true, bytes_of("touch \"x\" \\y")),
		"{\"event\":\"decide\",\"ref\":\"00112233aabbccdd\",\"verdict\":\"deny\","
		"\"reason\":\"bad-byte\",\"user\":\"nova\",\"uid\":64055,\"peer\":\"192.0.2.7\",\"peer_name\":\"-\","
		"\"key\":\"SHA256:abc\",\"cert_id\":\"-\",\"cert_serial\":\"-\",\"ca\":\"-\",\"profile\":\"-\",\"transport\":\"-\",\"form\":\"-\",\"op\":\"-\",\"path\":\"-\","
		"\"instance\":\"-\",\"claim\":\"none\",\"confine\":\"landlock:7,seccomp\",\"given\":\"-\",\"left_out\":\"-\","
		"\"cmd\":\"touch \\u0022x\\u0022 \\u005cy\"}");
}

Test(record, of_an_outcome_has_these_keys_in_this_order)
{
	const struct outcome outcome = { 1, 9, 1234, -1, INT64_MAX, "wall_time", "ptrace:1,socket:2", "u/disk:7" };
	const struct outcome none = { 0, 0, 0, 0, INT64_MIN, NULL, NULL, NULL };
	struct record record;

	record_done(&record, false, "ab", &outcome);
	cr_assert_str_eq(record.line,
		"event=done ref=ab status=1 signal=9 limit=wall_time ms=1234 bytes_in=-1 "
		"bytes_out=9223372036854775807 denied=ptrace:1,socket:2 wrote=u/disk:7");
	record_done(&record, true, "ab", &none);
	cr_assert_str_eq(record.line,
		"{\"event\":\"done\",\"ref\":\"ab\",\"status\":0,\"signal\":0,\"limit\":\"-\",\"ms\":0,"
		"\"bytes_in\":0,\"bytes_out\":-9223372036854775808,\"denied\":\"-\",\"wrote\":\"-\"}");
}

Test(record, of_a_fault_has_these_keys_in_this_order)
{
	struct record record;

	record_fault(&record, false, "ab", "/etc/rssh-nova.conf", 7, "bad value");
	cr_assert_str_eq(record.line, "event=fault ref=ab where=/etc/rssh-nova.conf line=7 problem=\"bad value\"");
	record_fault(&record, true, "", NULL, 0, "bad \"value\"");
	cr_assert_str_eq(record.line,
		"{\"event\":\"fault\",\"ref\":\"-\",\"where\":\"-\",\"line\":0,"
		"\"problem\":\"bad \\u0022value\\u0022\"}");
}

Test(record, of_an_image_has_these_keys_in_this_order)
{
	struct record record;

	record_image(&record, false, "ab", IMAGE_BACKING, "u-1", "disk", "/etc/shadow");
	cr_assert_str_eq(record.line, "event=image ref=ab finding=backing instance=u-1 file=disk detail=/etc/shadow");
	record_image(&record, true, "", IMAGE_UNREAD, "", "a b", "");
	cr_assert_str_eq(record.line,
		"{\"event\":\"image\",\"ref\":\"-\",\"finding\":\"unread\",\"instance\":\"-\","
		"\"file\":\"a b\",\"detail\":\"-\"}");
}

Test(record, of_a_fence_has_these_keys_in_this_order)
{
	const struct fencing refused = { false, IMAGE_DATA_FILE, "instance-1", "prepare", "u-1", "192.0.2.1",
		"u-1/disk", "x y", 7 };
	const struct fencing allowed = { .allow = true, .finding = IMAGE_GOOD };
	struct record record;

	record_fence(&record, false, "ab", &refused);
	cr_assert_str_eq(record.line,
		"event=fence ref=ab verdict=deny finding=data-file domain=instance-1 "
		"operation=prepare instance=u-1 peer=192.0.2.1 file=u-1/disk detail=\"x y\" ms=7");
	record_fence(&record, false, "ab", &allowed);
	cr_assert_str_eq(record.line,
		"event=fence ref=ab verdict=allow finding=good domain=- operation=- instance=- "
		"peer=- file=- detail=- ms=0");
}

Test(record, of_a_fence_has_room_for_the_longest_names)
{
	static char name[2 * RECORD_VALUE_MAX];
	struct record record;

	memset(name, '\n', sizeof(name) - 1);
	for (unsigned json = 0; json <= 1; json++) {
		const struct fencing all = { false, IMAGE_BACKING_FORMAT, name, "reconnect",
			"00000000-0000-0000-0000-000000000000", "ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255", name,
			name, INT64_MIN };

		record_fence(&record, json != 0, "0123456789abcdef", &all);
		cr_assert_not(record.full);
		record_image(&record, json != 0, "0123456789abcdef", IMAGE_BACKING_FORMAT, all.instance, name, name);
		cr_assert_not(record.full);
	}
}

Test(record, of_no_command_says_so)
{
	const struct request request = { .present = false, .uid = UINT32_MAX };
	const struct verdict verdict = verdict_refuse(REASON_NO_COMMAND);
	struct record record;

	record_decide(&record, false, &request, &verdict, &(struct terms){ .confine = NULL });
	cr_assert_str_eq(record.line,
		"event=decide ref=- verdict=deny reason=no-command user=- uid=4294967295 peer=- peer_name=- key=- cert_id=- cert_serial=- ca=- profile=- "
		"transport=- form=- op=- path=- instance=- claim=none confine=- given=- left_out=- cmd=-");
	cr_assert_str_eq(strstr(decide(false, bytes_of("")), " cmd="), " cmd=-");
}

/* Reads a logfmt value back. Returns its end. */
static const char *unescape(char *out, size_t *len, const char *at)
{
	const bool quoted = *at == '"';

	*len = 0;
	at += quoted;
	while (*at != '\0' && *at != (quoted ? '"' : ' ')) {
		unsigned byte = (unsigned char)*at++;

		if (byte == '\\') {
			cr_assert(quoted);
			cr_assert_eq(sscanf(at, "u00%2x", &byte), 1, "%s", at);
			at += 5;
		}
		out[(*len)++] = (char)byte;
	}
	cr_assert(!quoted || *at == '"');
	return at + quoted;
}

static size_t count_of(const char *text, const char *what)
{
	size_t count = 0;

	for (const char *at = strstr(text, what); at != NULL; at = strstr(at + 1, what))
		count++;
	return count;
}

/* Counts bytes outside of values. */
static size_t count_outside(const char *text, const char *set)
{
	bool inside = false;
	size_t count = 0;

	for (; *text != '\0'; text++) {
		inside ^= *text == '"';
		count += !inside && *text != '"' && strchr(set, *text) != NULL;
	}
	cr_assert_not(inside);
	return count;
}

static void check_command(const char *command, size_t len)
{
	const char *const line = decide(false, (struct bytes){ command, len });
	const char *const cmd = strstr(line, " cmd=");
	char again[RECORD_MAX];
	size_t again_len;

	for (const char *at = line; *at != '\0'; at++)
		cr_assert(*at >= ' ' && *at <= '~', "%s", line);
	cr_assert_eq(count_outside(line, "'\\"), 0, "%s", line);
	cr_assert_eq(count_of(line, "event="), 1, "%s", line);
	cr_assert_eq(count_of(line, "verdict="), 1, "%s", line);
	cr_assert_eq(count_of(line, "cmd="), 1, "%s", line);
	cr_assert_eq(count_outside(line, " "), 22, "%s", line);
	cr_assert_eq(count_of(line, "="), 23, "%s", line);
	cr_assert_not_null(cmd);
	cr_assert_eq(*unescape(again, &again_len, cmd + strlen(" cmd=")), '\0');
	cr_assert_eq(again_len, len, "%s", line);
	cr_assert_arr_eq(again, command, len);
}

static const char *const hostile[] = {
	"touch /x\nevent=decide ref=0 verdict=allow reason=- user=nova",
	"touch /x\r\nevent=done ref=00112233aabbccdd status=0",
	"x cmd=y event=decide verdict=allow",
	"x\" verdict=\"allow",
	"x' verdict='allow",
	"\\",
	"\\x20",
	"\\...",
	"x\\",
	"%n%n%n%s%s%s",
	"%99999999d",
	"\x1b[2J\x1b]0;owned\x07",
	"\x1b[31mverdict=allow",
	"\b\b\b\b",
	"\x7f\x80\x9b\xff",
	"\xe2\x80\xae",
	"\xc3\xa9\xc3\x28",
	"\t\v\f",
	"=",
	"-",
	" ",
	"  ",
	"rsync --server -s",
	"{\"event\":\"decide\"}",
	"\"}\n{\"event\":\"decide\",\"verdict\":\"allow\"}",
	"<13>Jan 1 00:00:00 host rssh-nova: event=decide",
};

Test(record, cannot_be_forged_or_split_by_a_command)
{
	for (size_t i = 0; i < N_ELEMENTS(hostile); i++)
		check_command(hostile[i], strlen(hostile[i]));
	check_command("a\0b\nc", 5);
	for (unsigned byte = 0; byte < 256; byte++) {
		const char text[] = { 'x', (char)byte, 'y' };

		check_command(text, sizeof(text));
	}
}

Test(record, gives_a_short_command_back_byte_for_byte)
{
	struct random random = { 31337 };

	for (unsigned round = 0; round < 20000; round++) {
		char command[190];
		const size_t len = random_below(&random, sizeof(command)) + 1;

		for (size_t i = 0; i < len; i++)
			command[i] = (char)random_next(&random);
		check_command(command, len);
	}
}

Test(record, escapes_all_that_is_not_the_clients_command_too)
{
	struct request request = request_of(bytes_of("id"));
	struct verdict verdict = verdict_refuse(REASON_STREAM);
	struct record record;
	const struct outcome outcome = { 0, 0, 0, 0, 0, NULL, "a b\ncmd=\"x\"", "u/a b:1" };

	strcpy(request.user, "no va\n");
	strcpy(request.peer, "1 verdict=allow");
	strcpy(request.peer_name, "a=b");
	strcpy(request.key, "\"\\\x1b");
	strcpy(request.cert_id, "id\n verdict=allow");
	strcpy(request.cert_serial, "1 2");
	strcpy(request.ca, "a=");
	strcpy(request.profile, "a b");
	verdict.path = I "/\n\xff '";
	record_decide(&record, false, &request, &verdict,
		&(struct terms){ .confine = "a b", .given = "c, d", .left = "e:busy" });
	cr_assert_str_eq(record.line,
		"event=decide ref=00112233aabbccdd verdict=deny reason=stream user=\"no va\\u000a\" uid=64055 "
		"peer=\"1 verdict\\u003dallow\" peer_name=\"a\\u003db\" key=\"\\u0022\\u005c\\u001b\" "
		"cert_id=\"id\\u000a verdict\\u003dallow\" cert_serial=\"1 2\" ca=\"a\\u003d\" profile=\"a b\" transport=- form=- op=- "
		"path=\"" I
		"/\\u000a\\u00ff '\" instance=- claim=none confine=\"a b\" given=\"c, d\" left_out=e:busy cmd=id");
	record_done(&record, false, "a b", &outcome);
	cr_assert_str_eq(record.line,
		"event=done ref=\"a b\" status=0 signal=0 limit=- ms=0 bytes_in=0 bytes_out=0 "
		"denied=\"a b\\u000acmd\\u003d\\u0022x\\u0022\" wrote=\"u/a b:1\"");
}

Test(record, cuts_a_long_command_and_says_so)
{
	static char command[64 * 1024];
	static const char fillers[] = "a =\"\\\n\xff%\x1b";

	for (size_t f = 0; f < sizeof(fillers); f++) {
		for (int json = 0; json < 2; json++) {
			const char *line, *cmd, *mark = json ? "\\u2026\"}" : "\\u2026\"";

			memset(command, fillers[f], sizeof(command));
			line = decide(json, (struct bytes){ command, sizeof(command) });
			cr_assert_lt(strlen(line), RECORD_MAX);
			cmd = strstr(line, json ? "\"cmd\":\"" : " cmd=");
			cr_assert_not_null(cmd);
			cr_assert_str_eq(line + strlen(line) - strlen(mark), mark, "%s", line);
			cr_assert_leq(strlen(cmd), RECORD_VALUE_MAX + 24);
			cr_assert_null(strchr(line, '\n'));
		}
	}
}

Test(record, cuts_behind_a_whole_byte_and_only_what_does_not_fit)
{
	for (size_t len = 1; len < 2 * RECORD_VALUE_MAX; len++) {
		static char command[2 * RECORD_VALUE_MAX];
		const char *cmd;

		memset(command, 'a', len);
		cmd = strstr(decide(false, (struct bytes){ command, len }), " cmd=") + 5;
		cr_assert_eq(strstr(cmd, "\\u2026\"") != NULL, len > RECORD_VALUE_MAX, "%zu", len);
		cmd += *cmd == '"';
		cr_assert_eq(strspn(cmd, "a"), len < RECORD_VALUE_MAX ? len : RECORD_VALUE_MAX);
		memset(command, '\n', len);
		cmd = strstr(decide(false, (struct bytes){ command, len }), " cmd=") + 5;
		cr_assert_eq(strstr(cmd, "\\u2026\"") != NULL, len > RECORD_VALUE_MAX / 6, "%zu", len);
		cr_assert_eq(count_of(cmd, "\\u000a"), len < RECORD_VALUE_MAX / 6 ? len : RECORD_VALUE_MAX / 6);
	}
}

Test(record, quotes_only_what_needs_it)
{
	static const struct {
		const char *command, *value;
	} rows[] = {
		{ "id", " cmd=id" },
		{ "-", " cmd=-" },
		{ "a,b:c;d", " cmd=a,b:c;d" },
		{ "a b", " cmd=\"a b\"" },
		{ "it's", " cmd=\"it's\"" },
		{ "a=b", " cmd=\"a\\u003db\"" },
		{ "\"a\"", " cmd=\"\\u0022a\\u0022\"" },
		{ "a\\", " cmd=\"a\\u005c\"" },
		{ "\x7f", " cmd=\"\\u007f\"" },
	};

	for (size_t i = 0; i < N_ELEMENTS(rows); i++)
		cr_expect_str_eq(strstr(decide(false, bytes_of(rows[i].command)), " cmd="), rows[i].value);
}

/* True if the byte is written as it is. */
static bool stays(char c, bool json)
{
	return c >= ' ' && c <= '~' && strchr(json ? "\"\\" : "\"\\=", c) == NULL;
}

/* True if logfmt writes it without quotes. */
static bool is_word(struct bytes value)
{
	for (size_t i = 0; i < value.len; i++)
		if (!stays(value.at[i], false) || value.at[i] == ' ' || value.at[i] == '\'')
			return false;
	return value.len <= RECORD_VALUE_MAX;
}

/* Returns how many bytes of a value fit, escapes counted. */
static size_t fitting(struct bytes value, bool json, size_t *written)
{
	size_t count = 0;

	for (*written = 0; count < value.len; count++) {
		const size_t size = stays(value.at[count], json) ? 1 : strlen("\\u00NN");

		if (*written + size > RECORD_VALUE_MAX)
			break;
		*written += size;
	}
	return count;
}

/* Plain and escaped bytes share the room of a value, in any order. */
Test(record, cuts_by_all_that_is_written)
{
	static const char bytes[] = "aaaaaaaaaaaa\n =\"";
	struct random random = { 4096 };
	unsigned cut = 0;

	for (unsigned round = 0; round < 4000; round++) {
		char command[RECORD_VALUE_MAX + 64];
		const struct bytes value = { command, random_below(&random, sizeof(command)) + 1 };
		const size_t kinds = random_below(&random, sizeof(bytes) - 1) + 1;

		for (size_t i = 0; i < value.len; i++)
			command[i] = bytes[sizeof(bytes) - 2 - random_below(&random, kinds)];
		for (int json = 0; json < 2; json++) {
			const char *const mark = "\\u2026";
			const char *const begin = json ? "\"cmd\":\"" : is_word(value) ? " cmd=" : " cmd=\"";
			const char *const end = json ? "\"}" : is_word(value) ? "" : "\"";
			const char *const found = strstr(decide(json, value), begin),
					  *const cmd = found + strlen(begin);
			size_t written;
			const bool whole = fitting(value, json, &written) == value.len;

			cr_assert_not_null(found);
			cr_assert_eq(strlen(cmd), written + (whole ? 0 : strlen(mark)) + strlen(end), "%s", cmd);
			cr_assert_eq(
				strncmp(cmd + written, whole ? end : mark, strlen(whole ? end : mark)), 0, "%s", cmd);
			cut += !whole;
		}
	}
	cr_assert_gt(cut, 1000);
}

Test(record, cuts_a_long_id_of_a_certificate_and_says_so)
{
	const struct verdict verdict = verdict_refuse(REASON_STREAM);
	struct request request = request_of(bytes_of("id"));
	struct record record;

	for (size_t len = 1; len < CERT_ID_MAX; len++) {
		const char *id;

		memset(request.cert_id, 'i', len);
		request.cert_id[len] = '\0';
		record_decide(&record, false, &request, &verdict, &(struct terms){ .confine = NULL });
		id = strstr(record.line, " cert_id=") + strlen(" cert_id=");
		id += *id == '"';
		cr_assert_eq(strspn(id, "i"), len < RECORD_CERT_ID_MAX ? len : RECORD_CERT_ID_MAX, "%zu", len);
		cr_assert_eq(strncmp(id + strspn(id, "i"), "\\u2026\" ", 8) == 0, len > RECORD_CERT_ID_MAX, "%zu", len);
	}
	/* A value that was cut when read is cut in the record too. */
	cr_assert_gt(CERT_ID_MAX - 1, RECORD_CERT_ID_MAX);
}

/* Nobody would see an attack whose refusal cannot be recorded. */
Test(record, has_room_for_the_worst_of_everything)
{
	static char junk[64 * 1024 + 1];
	static const char fillers[] = "a=\x01\xff\"\\ ";
	struct record record;

	for (size_t f = 0; f < sizeof(fillers) - 1; f++) {
		for (int json = 0; json < 2; json++) {
			struct request request;
			struct verdict verdict = verdict_refuse(REASON_UNKNOWN_COMMAND);
			const struct outcome outcome = { -2147483647, -2147483647, INT64_MIN, INT64_MIN, INT64_MIN,
				"idle_timeout", junk, junk };

			memset(junk, fillers[f], sizeof(junk) - 1);
			request = request_of((struct bytes){ junk, sizeof(junk) - 1 });
			memset(request.user, fillers[f], sizeof(request.user) - 1);
			memset(request.peer, fillers[f], sizeof(request.peer) - 1);
			memset(request.key, fillers[f], sizeof(request.key) - 1);
			memset(request.peer_name, fillers[f], sizeof(request.peer_name) - 1);
			memset(request.cert_id, fillers[f], sizeof(request.cert_id) - 1);
			memset(request.cert_serial, fillers[f], sizeof(request.cert_serial) - 1);
			memset(request.ca, fillers[f], sizeof(request.ca) - 1);
			memset(request.profile, fillers[f], sizeof(request.profile) - 1);
			memset(request.ref, fillers[f], sizeof(request.ref) - 1);
			memset(verdict.instance, fillers[f], sizeof(verdict.instance) - 1);
			request.uid = UINT32_MAX;
			verdict.path = junk;
			verdict.form = FORM_RSYNC_CREATE;
			verdict.op = OP_REMOVE_TREE;
			record_decide(&record, json, &request, &verdict,
				&(struct terms){ "landlock:7,seccomp,namespaces", junk, junk });
			cr_assert_not(record.full, "decide, %d, %zu", json, f);
			cr_assert_lt(record.len, RECORD_MAX);
			record_done(&record, json, request.ref, &outcome);
			cr_assert_not(record.full, "done, %d, %zu", json, f);
			record_fault(&record, json, request.ref, junk, UINT32_MAX, junk);
			cr_assert_not(record.full, "fault, %d, %zu", json, f);
		}
	}
}

/* No name of a wall is so long. If a value ever were, the shell must not send half a record. */
Test(record, that_does_not_fit_says_so_and_ends_within_its_line)
{
	static char junk[RECORD_VALUE_MAX + 1];
	struct request request;
	struct verdict verdict = verdict_refuse(REASON_UNKNOWN_COMMAND);
	struct record record;

	memset(junk, '\x01', sizeof(junk) - 1);
	request = request_of((struct bytes){ junk, sizeof(junk) - 1 });
	memset(request.user, '\x01', sizeof(request.user) - 1);
	memset(request.peer, '\x01', sizeof(request.peer) - 1);
	memset(request.key, '\x01', sizeof(request.key) - 1);
	memset(request.peer_name, '\x01', sizeof(request.peer_name) - 1);
	memset(request.cert_id, '\x01', sizeof(request.cert_id) - 1);
	memset(request.ca, '\x01', sizeof(request.ca) - 1);
	memset(request.profile, '\x01', sizeof(request.profile) - 1);
	memset(verdict.instance, '\x01', sizeof(verdict.instance) - 1);
	verdict.path = junk;
	record_decide(&record, true, &request, &verdict, &(struct terms){ junk, junk, junk });
	cr_assert(record.full);
	cr_assert_eq(record.len, RECORD_MAX - 1);
	cr_assert_eq(strlen(record.line), record.len);
}

/* Each form grows byte by byte, by plain and by escaped bytes. If it is allowed, the record has the whole path and
 * command. */
Test(record, of_an_allowed_path_is_never_cut)
{
	static const char *const heads[] = { "touch ", "mkdir -p ", "scp -v -r -d -t ", "scp -v -r -d -f ",
		"rsync --server -rSze.iLsfxCIvuABCDEFGHIJKLMNOPQRST . ",
		"rsync --server --sender -rSze.iLsfxCIvuABCDEFGHIJKLMNOPQRST . ",
		"rsync --server -logDtpre.iLsfxCIvuABCDEFGHIJKLMNOPQRST --delete-excluded . " };
	static const char *const places[] = { I "/" U "/", I "/_base/" };
	unsigned allowed = 0, longest = 0;

	for (size_t h = 0; h < N_ELEMENTS(heads); h++)
		for (size_t p = 0; p < N_ELEMENTS(places); p++)
			for (unsigned len = 1; len < 1500; len++)
				for (int equals = 0; equals < 2; equals++) {
					char line[CMD_MAX];
					size_t at;

					strcat(strcpy(line, heads[h]), places[p]);
					at = strlen(line);
					for (unsigned i = 0; i < len; i++)
						line[at + i] = i % 100 == 99 ? '/' : equals ? '=' : 'n';
					line[at + len] = '\0';
					if (strstr(decide(true, bytes_of(line)), "\"verdict\":\"allow\"") == NULL)
						continue;
					allowed++;
					longest = len > longest ? len : longest;
					cr_assert_null(strstr(decide(true, bytes_of(line)), "\\u2026"), "%s", line);
					cr_assert_null(strstr(decide(false, bytes_of(line)), "\\..."), "%s", line);
				}
	cr_assert_gt(allowed, 5000);
	cr_assert_gt(longest, 800);
}

Test(record, survives_numbers_out_of_range)
{
	struct request request = request_of(bytes_of("id"));
	struct verdict verdict = verdict_refuse((enum reason)4711);
	struct record record;

	verdict.form = (enum form_id)4711;
	verdict.op = (enum op)4711;
	record_decide(&record, false, &request, &verdict, &(struct terms){ .confine = "" });
	cr_assert_not_null(strstr(record.line, "verdict=deny reason=internal"));
	cr_assert_not_null(strstr(record.line, "transport=- form=- op=- "));
}
