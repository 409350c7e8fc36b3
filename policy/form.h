/* SPDX-License-Identifier: Apache-2.0 */
/* form: reads and writes the command lines that Nova's remote filesystem drivers send.
 * form_match() reads exactly the lines that form_write() writes. A client's words are never executed: a form
 * only selects an operation (plan.h).
 * Pure: no heap, no I/O, no globals. Source: forms.def. */
#ifndef POLICY_FORM_H
#define POLICY_FORM_H

#include <stdbool.h>
#include <stddef.h>

#include "policy/attributes.h"
#include "policy/limits.h"
#include "policy/op.h"
#include "policy/reason.h"
#include "policy/words.h"

enum form_id {
	FORM_NONE,
#define FORM(name, ...) FORM_##name,
#include "policy/forms.def"
#undef FORM
	FORM_COUNT
};

enum transport {
	TRANSPORT_NONE,
	TRANSPORT_SSH,
	TRANSPORT_RSYNC,
};

/* What the path of a form must be (verdict.h judges it). */
enum access {
	ACCESS_NONE,	     /* no path on the command line */
	ACCESS_WRITE,	     /* an instance directory or below */
	ACCESS_WRITE_INSIDE, /* below an instance directory, or a probe file */
	ACCESS_READ,	     /* a path that [paths] read or read_running names */
	ACCESS_DELETE_FROM,  /* an instances root, or an instance directory */
	ACCESS_INSTANCE,     /* an instance directory itself (streams only) */
	ACCESS_PROBE,	     /* a probe file (streams only) */
};

struct form {
	char id[16];
	enum transport transport;
	enum op op;
	enum access access;
};

/* One command line, as read or to be written. */
struct match {
	enum form_id form;			      /* FORM_NONE: nothing matched */
	bool verbose, recursive, directory, compress; /* -v -r -d of scp, z of rsync */
	char caps[CAPS_MAX];			      /* rsync's letters after "e", with their dot */
	const char *path; /* borrows; for FORM_SFTP the subsystem; NULL if the form has no path */
	unsigned option_count;
	const char *options[SFTP_OPTIONS_MAX]; /* borrow; after the subsystem */
};

/* Returns the row of a form. Never fails: FORM_NONE, and any other id, has a row that refuses everything. */
const struct form *form_row(enum form_id id);

const char *transport_word(enum transport transport);

/* Reads words as one of the forms. sftp_server: the configured path of the subsystem. forced: the line came in
 * SSH_ORIGINAL_COMMAND, where sshd writes an internal subsystem as "internal-sftp".
 * On success *out borrows from words. On failure writes *reason and leaves *out untouched. */
MUST_USE bool form_match(
	struct match *out, enum reason *reason, const struct words *words, const char *sftp_server, bool forced);

/* Writes the command line of match into line[size], NUL-ended. Returns its length.
 * Fails with 0 and an empty line if match is incomplete, if form_match() would not read the line, or if the line
 * does not fit. */
MUST_USE size_t form_write(char *line, size_t size, const struct match *match);

#endif
