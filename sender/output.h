/* SPDX-License-Identifier: Apache-2.0 */
/* output: the untrusted output of a command and of the far end behind it.
 * Takes:   bytes of a child's standard output and error, as they come.
 * Returns: lines; the last line; the words of rssh-nova if it refused. A byte outside printable ASCII, or a backslash,
 *          becomes \xNN, and CR is dropped. So no output moves a cursor or forges a line.
 * Bounds:  OUTPUT_LINE_MAX bytes of a line, OUTPUT_LINES_MAX lines; the rest is read and dropped. */
#ifndef SENDER_OUTPUT_H
#define SENDER_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>

#include "policy/attributes.h"

enum {
	OUTPUT_LINE_MAX = 512,
	OUTPUT_LINES_MAX = 200,
	OUTPUT_WORD_MAX = 64,
};

typedef void output_line_fn(void *user, const char *line);

struct output {
	output_line_fn *on_line; /* may be NULL */
	void *user;
	size_t used;
	unsigned lines;
	bool refused;	/* "rssh-nova: refused: REASON (ref ID)" */
	bool hung_up;	/* ssh, scp or rsync said that the connection is gone */
	bool denied;	/* ssh said that the login was refused: a retry is useless */
	bool not_found; /* "No such file or directory" */
	bool kept;	/* rsync could not delete; its exit status does not always show that */
	char reason[OUTPUT_WORD_MAX], ref[OUTPUT_WORD_MAX];
	char line[OUTPUT_LINE_MAX], last[OUTPUT_LINE_MAX];
};

void output_init(struct output *output, output_line_fn *on_line, void *user);
void output_feed(struct output *output, const char *bytes, size_t len);
/* Ends a last line that has no newline. */
void output_end(struct output *output);

/* Writes any text in printable ASCII; other bytes become \xNN. Unlike in a line, a backslash stays, so a text may pass
 * here twice. Cuts a text that is too long. Returns out. */
const char *output_plain(char *out, size_t size, const char *text);

#endif
