/* SPDX-License-Identifier: Apache-2.0 */
/* record: one line of the audit, in logfmt (key=value) or as one JSON object.
 * Takes:   values that are untrusted. In logfmt, a value that is one word of printable ASCII, without quotes, backslash
 *          and "=", is written as it is. All others, and all in JSON, are quoted strings. In a string, a quote, a
 *          backslash and any byte that is not printable ASCII become \u00NN; in logfmt, "=" too. So no value can end
 *          itself early, look like another key, or control a terminal.
 *          A value longer than RECORD_VALUE_MAX in this form is cut. \u2026 at its end says so; no byte is written so.
 * Returns: a NUL-ended line without a newline, below RECORD_MAX bytes. The record of any request fits.
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
#include "policy/tunnel.h"
#include "policy/verdict.h"

enum {
	RECORD_FIELDS_MAX = 32, /* event=decide has 23 */
};

/* Where one field is in the line: its key, and its value without quotes. Offsets and lengths in bytes. */
struct record_field {
	uint16_t key, key_len, value, value_len;
};

struct record {
	bool json;
	bool full; /* something did not fit: do not send the record. The tests expect this never to happen */
	unsigned count;
	struct record_field fields[RECORD_FIELDS_MAX];
	size_t len;
	char line[RECORD_MAX];
};

/* The result of one run. */
struct outcome {
	int status;	    /* exit status, 0 to 255 */
	int signal;	    /* which ended the child, 0 for none */
	int64_t ms;	    /* wall time */
	int64_t bytes_in;   /* read by the processes of the operation, -1 if unknown */
	int64_t bytes_out;  /* written by them, -1 if unknown */
	const char *limit;  /* the key of [limits] that ended it, NULL for none */
	const char *denied; /* "name:count,..." of refused system calls, "" for none */
	const char *wrote;  /* "UUID/PATH:BYTES,..." of the files created or changed, "" or NULL for none */
};

/* What the fence did when one domain started. Borrows. */
struct fencing {
	bool allow;
	enum image_finding finding;
	const char *domain, *operation; /* as libvirt names them */
	const char *instance;		/* uuid */
	const char *peer;		/* whose claim was ended, "" for none */
	const char *file, *detail;	/* of the finding, "" for none */
	int64_t ms;			/* wall time */
};

/* What a domain's arrival through the tunnel came to. */
enum arrival_step {
	ARRIVAL_REFUSE,	 /* a message was refused, and the session ends */
	ARRIVAL_PREPARE, /* the domain may come */
	ARRIVAL_FINISH,	 /* it has come, and may run */
	ARRIVAL_CANCEL,	 /* it does not come after all */
	ARRIVAL_END,	 /* of the session */
	ARRIVAL_COUNT
};

/* NULL and "" stand for none. Borrows. */
struct arrival {
	enum arrival_step step;
	enum tunnel_finding finding;
	const char *procedure;	     /* that the client called, as procedure.h names it */
	const char *instance, *name; /* the domain's */
	const char *flags, *disks;   /* "WORD,..." */
	const char *detail;	     /* of the finding */
};

/* The conditions under which an allowed command runs. NULL and "" mean none. */
struct terms {
	const char *confine; /* the walls that confine it */
	const char *given;   /* "UUID,..." of the instances that an SFTP session may write */
	const char *left;    /* "UUID:WHY,..." of its peer's other instances */
};

/* event=decide: the request, the verdict, and the terms. */
void record_decide(struct record *out, bool json, const struct request *request, const struct verdict *verdict,
	const struct terms *terms);

/* event=done */
void record_done(struct record *out, bool json, const char *ref, const struct outcome *outcome);

/* event=image: the finding about a file that a transfer left. */
void record_image(struct record *out, bool json, const char *ref, enum image_finding finding, const char *instance,
	const char *file, const char *detail);

/* event=domain */
void record_domain(struct record *out, bool json, const char *ref, const struct arrival *arrival);

/* event=fence */
void record_fence(struct record *out, bool json, const char *ref, const struct fencing *fencing);

/* event=fault: why we could not continue. problem: one sentence. line: 0 if the fault is in no file. */
void record_fault(
	struct record *out, bool json, const char *ref, const char *where, unsigned line, const char *problem);

#endif
