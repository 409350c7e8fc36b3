/* SPDX-License-Identifier: Apache-2.0 */
/* form: the shapes of command line that Nova's remote filesystem drivers send, as reader and writer.
 * What form_write() writes, form_match() reads, and it reads nothing else. The words of a client are
 * never executed: a form only selects an operation (plan.h).
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
	ACCESS_READ,	     /* what may be read back */
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

/* One command line that was read, or that is to be written. */
struct match {
	enum form_id form;			      /* FORM_NONE: nothing matched */
	bool verbose, recursive, directory, compress; /* -v -r -d of scp, z of rsync */
	char caps[CAPS_MAX];			      /* rsync's letters behind "e", with their dot */
	const char *path; /* borrows; the subsystem of FORM_SFTP; NULL where there is none */
	unsigned option_count;
	const char *options[SFTP_OPTIONS_MAX]; /* borrow; behind the subsystem */
};

/* The row of a form. id must be a form; FORM_NONE gives a row of refusing values. */
const struct form *form_row(enum form_id id);

const char *transport_word(enum transport transport);

/* Reads words as one of the forms. sftp_server is the configured spelling of the subsystem;
 * forced says that the line came in SSH_ORIGINAL_COMMAND, where sshd spells an internal subsystem
 * "internal-sftp".
 * Gives *out, which borrows from words. Fails with a reason; *out is then untouched. */
MUST_USE bool form_match(
	struct match *out, enum reason *reason, const struct words *words, const char *sftp_server, bool forced);

/* Writes the command line of match into line[size], NUL-ended; match->path stands for the path and,
 * for FORM_SFTP, for the spelling of the subsystem.
 * Gives its length. Fails with 0 when match is not complete, when form_match() would not read the line,
 * or when it does not fit; line is then "". */
MUST_USE size_t form_write(char *line, size_t size, const struct match *match);

#endif
