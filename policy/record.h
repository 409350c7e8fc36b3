/* SPDX-License-Identifier: Apache-2.0 */
/* record: one line of the audit trail, as key=value words or as one JSON object.
 * Values are untrusted. In logfmt a value that is one word of printable ASCII stands as it is; every other is a JSON
 * string, as each is in JSON: quote, backslash and all that is not printable ASCII are written as \u00NN, and in logfmt
 * "=" too. So no value can end its own, hold what looks like another's key, or steer a terminal. A value that takes over
 * RECORD_VALUE_MAX bytes so written is cut, which \u2026 at its end says: no escaped byte looks like that. Whatever a
 * request holds, its record fits.
 * Gives:   a NUL-ended line without a newline, below RECORD_MAX bytes.
 * Pure: no heap, no I/O, no globals. */
#ifndef POLICY_RECORD_H
#define POLICY_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "policy/attributes.h"
#include "policy/bytes.h"
#include "policy/image.h"
#include "policy/limits.h"
#include "policy/request.h"
#include "policy/verdict.h"

struct record {
	bool json;
	bool full; /* something did not fit: the record must not be sent. Tested never to be */
	size_t len;
	char line[RECORD_MAX];
};

/* What one run came to. */
struct outcome {
	int status;	    /* exit status, 0 to 255 */
	int signal;	    /* that ended the child, 0 for none */
	int64_t ms;	    /* wall time */
	int64_t bytes_in;   /* read by the act's processes, -1 when not known */
	int64_t bytes_out;  /* written by them, -1 when not known */
	const char *limit;  /* the key of [limits] for which it was ended, NULL for none */
	const char *denied; /* "name:count,..." of refused system calls, "" for none */
	const char *wrote;  /* "UUID/PATH:BYTES,..." of the files that were made or changed, "" or NULL for none */
};

/* What the fence did for one start of a domain. Borrows. */
struct fencing {
	bool allow;
	enum image_finding finding;
	const char *domain, *operation; /* as libvirt names them */
	const char *instance;		/* uuid */
	const char *peer;		/* whose claim was ended, "" for none */
	const char *file, *detail;	/* of the finding, "" for none */
	int64_t ms;			/* wall time */
};

/* By what rules an allowed command runs. NULL and "" stand for none. */
struct terms {
	const char *confine; /* the walls that will stand */
	const char *given;   /* "UUID,..." of the instances that an SFTP session may write */
	const char *left;    /* "UUID:WHY,..." of those of its peer that it may not */
};

/* event=decide: who asked for what, the verdict, and the terms. */
void record_decide(struct record *out, bool json, const struct request *request, const struct verdict *verdict,
	const struct terms *terms);

/* event=done */
void record_done(struct record *out, bool json, const char *ref, const struct outcome *outcome);

/* event=image: what was found in a file that a transfer left. */
void record_image(struct record *out, bool json, const char *ref, enum image_finding finding, const char *instance,
	const char *file, const char *detail);

/* event=fence */
void record_fence(struct record *out, bool json, const char *ref, const struct fencing *fencing);

/* event=fault: what kept us from going on; problem is a sentence, line 0 when it is in no file. */
void record_fault(
	struct record *out, bool json, const char *ref, const char *where, unsigned line, const char *problem);

#endif
