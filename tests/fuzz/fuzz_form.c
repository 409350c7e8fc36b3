/* SPDX-License-Identifier: Apache-2.0 */
/* An accepted line is in the grammar, is written back byte for byte, and gets a verdict. A refused line is not in the
 * grammar. The first byte chooses how the line arrived. */
#include "policy/plan.h"
#include "tests/fuzz/must.h"
#include "tests/unit/policy/grammar.h"
#include "tests/unit/policy/decide.h"

static struct grammar grammar;

static void check_plan(const struct decided *decided)
{
	struct plan plan;

	MUST(plan_make(&plan, &decided->verdict, &decided->match));
	MUST(plan.role != ROLE_NONE);
	if (decided->verdict.path == NULL)
		return;
	MUST(strstr(decided->verdict.path, "/../") == NULL && strstr(decided->verdict.path, "//") == NULL);
	MUST(strncmp(decided->verdict.path, "/var/lib/nova/instances", 23) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct decided decided;
	static char line[2 * CMD_MAX], again[CMD_MAX];
	struct config config = both_transports();
	enum form_id expected;
	bool forced;

	if (size < 1 || size > sizeof(line))
		return 0;
	if (!grammar.ready)
		grammar_make(&grammar);
	strcpy(config.program[PROGRAM_SFTP_SERVER], GRAMMAR_SFTP_SERVER);
	forced = data[0] % 2 == 1;
	memcpy(line, data + 1, size - 1);
	line[size - 1] = '\0';
	expected = grammar_read(&grammar, line, size - 1, forced);

	decided.match = (struct match){ .form = FORM_NONE };
	decide_line(&decided, &config, (struct bytes){ line, size - 1 }, forced);
	MUST(decided.match.form == expected);
	if (expected != FORM_NONE) {
		MUST(form_write(again, sizeof(again), &decided.match) == size - 1);
		MUST(memcmp(again, line, size) == 0);
	}
	if (decided.verdict.kind == VERDICT_ALLOW)
		check_plan(&decided);
	return 0;
}
