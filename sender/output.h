/* SPDX-License-Identifier: Apache-2.0 */
/* output: what a command and the other end behind it wrote, which nobody has vouched for.
 * Takes:   bytes of a child's standard output and error, as they come.
 * Gives:   lines in which every byte outside printable ASCII, and the backslash, stands as \xNN, and from which CR is
 *          dropped, so that nothing moves a cursor or forges a line; the last of them; what rssh-nova said if it
 *          refused.
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
	bool denied;	/* ssh said that it will not, or may not, log in: trying again is no use */
	bool not_found; /* "No such file or directory" */
	bool kept;	/* rsync could not delete, which its exit status does not always tell */
	char reason[OUTPUT_WORD_MAX], ref[OUTPUT_WORD_MAX];
	char line[OUTPUT_LINE_MAX], last[OUTPUT_LINE_MAX];
};

void output_init(struct output *output, output_line_fn *on_line, void *user);
void output_feed(struct output *output, const char *bytes, size_t len);
/* Ends a last line that has no newline. */
/* Writes a text that may hold any bytes, as a name does, in printable ASCII: others stand as \xNN. Unlike in a line, a
 * backslash stays, so that a text may come through here twice. Cuts what is too long. Returns out. */
const char *output_plain(char *out, size_t size, const char *text);

void output_end(struct output *output);

#endif
