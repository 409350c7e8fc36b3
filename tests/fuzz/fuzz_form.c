/* SPDX-License-Identifier: Apache-2.0 */
/* What is accepted is in the grammar, is written back byte for byte, and is decided without a fault; what
 * is refused is not in the grammar. The first byte chooses how the line came in. */
#include "policy/plan.h"
#include "tests/fuzz/must.h"
#include "tests/unit/policy/grammar.h"
#include "tests/unit/policy/way.h"

static struct grammar grammar;

static void check_plan(const struct way *way)
{
	struct plan plan;

	MUST(plan_make(&plan, &way->verdict, &way->match));
	MUST(plan.role != ROLE_NONE);
	if (way->verdict.path == NULL)
		return;
	MUST(strstr(way->verdict.path, "/../") == NULL && strstr(way->verdict.path, "//") == NULL);
	MUST(strncmp(way->verdict.path, "/var/lib/nova/instances", 23) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct way way;
	static char line[2 * CMD_MAX], again[CMD_MAX];
	struct config config = way_config();
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

	way.match = (struct match){ .form = FORM_NONE };
	way_go(&way, &config, (struct bytes){ line, size - 1 }, forced);
	MUST(way.match.form == expected);
	if (expected != FORM_NONE) {
		MUST(form_write(again, sizeof(again), &way.match) == size - 1);
		MUST(memcmp(again, line, size) == 0);
	}
	if (way.verdict.kind == VERDICT_ALLOW)
		check_plan(&way);
	return 0;
}
