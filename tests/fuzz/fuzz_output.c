/* SPDX-License-Identifier: Apache-2.0 */
/* For any output of the other end, the user sees bounded printable lines, wherever a read ends. They show a refusal
 * only if a line begins with its words. The first byte is the size of the reads. */
#include <stdbool.h>
#include <string.h>

#include "sender/output.h"
#include "tests/fuzz/must.h"

struct seen {
	unsigned lines;
	bool refusal;
	size_t len;
	char text[OUTPUT_LINES_MAX * (OUTPUT_LINE_MAX + 1)];
};

static void on_line(void *user, const char *line)
{
	struct seen *const seen = user;
	const size_t len = strlen(line);

	MUST(len > 0 && len < OUTPUT_LINE_MAX && ++seen->lines <= OUTPUT_LINES_MAX);
	for (const char *at = line; *at != '\0'; at++)
		MUST(*at >= ' ' && *at <= '~');
	seen->refusal = seen->refusal || strncmp(line, "rssh-nova: refused: ", 20) == 0;
	memcpy(seen->text + seen->len, line, len + 1);
	seen->len += len + 1;
}

static void feed(struct output *out, struct seen *seen, const char *bytes, size_t len, size_t step)
{
	seen->lines = 0;
	seen->refusal = false;
	seen->len = 0;
	output_init(out, on_line, seen);
	for (size_t at = 0; at < len; at += step) {
		const size_t more = len - at < step ? len - at : step;
		char *const read = malloc(more);

		MUST(read != NULL);
		memcpy(read, bytes + at, more);
		output_feed(out, read, more);
		free(read);
	}
	output_end(out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct seen seen, again;
	struct output output, whole;

	if (size < 2)
		return 0;
	feed(&output, &seen, (const char *)data + 1, size - 1, data[0] + 1u);
	feed(&whole, &again, (const char *)data + 1, size - 1, size);
	MUST(seen.len == again.len && memcmp(seen.text, again.text, seen.len) == 0);
	MUST(output.refused == whole.refused && output.hung_up == whole.hung_up && output.denied == whole.denied);
	MUST(output.not_found == whole.not_found && output.kept == whole.kept && output.lines == whole.lines);
	MUST(strcmp(output.last, whole.last) == 0);
	if (output.lines <= OUTPUT_LINES_MAX)
		MUST(output.refused == seen.refusal);
	MUST(output.refused || (output.reason[0] == '\0' && output.ref[0] == '\0'));
	MUST(strcspn(output.reason, " ") == strnlen(output.reason, OUTPUT_WORD_MAX));
	MUST(strcspn(output.ref, ")") == strnlen(output.ref, OUTPUT_WORD_MAX));
	return 0;
}
