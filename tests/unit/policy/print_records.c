/* SPDX-License-Identifier: Apache-2.0 */
/* print_records: prints decide records in JSON for check_records.py, each after a line with the command's bytes
 * in hex. A real JSON parser then compares them. */
#include <stdio.h>

#include "policy/record.h"
#include "tests/unit/policy/decide.h"
#include "tests/unit/policy/random.h"

static void print(struct bytes command)
{
	static struct decided decided;
	static struct record record;
	const struct config config = both_transports();
	struct request request = { .command = command, .present = true, .uid = 1 };

	memset(request.user, '"', USER_MAX - 1);
	memcpy(request.peer, command.at, command.len < PEER_MAX ? command.len : PEER_MAX - 1);
	decide_line(&decided, &config, command, false);
	record_decide(&record, true, &request, &decided.verdict, &(struct terms){ .confine = "landlock:7,seccomp" });
	for (size_t i = 0; i < command.len; i++)
		printf("%02x", (unsigned char)command.at[i]);
	printf("\n%s\n", record.line);
}

int main(void)
{
	static const char *const texts[] = { "", "touch /x\nevent=decide", "\"}\n{\"event\":\"decide\"}", "\\u2026",
		"\\", "\"", "%n", "\x1b[2J", "{\"a\":[", "\xe2\x80\xa6", "mkdir -p /a/b" };
	struct random random = { 8259 };
	char junk[2000];

	for (size_t i = 0; i < N_ELEMENTS(texts); i++)
		print(bytes_of(texts[i]));
	for (unsigned round = 0; round < 3000; round++) {
		const size_t len = random_below(&random, round % 2 == 0 ? 100 : sizeof(junk));

		for (size_t i = 0; i < len; i++)
			junk[i] = (char)random_next(&random);
		print((struct bytes){ junk, len });
	}
	return 0;
}
