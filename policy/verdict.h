/* SPDX-License-Identifier: Apache-2.0 */
/* verdict: may the command run? Only verdict.c writes VERDICT_ALLOW.
 * Decides from bytes and facts; never acts, never logs.
 * Pure: no heap, no I/O, no globals. The whitelist is in the [paths] keys of rssh-nova.conf. */
#ifndef POLICY_VERDICT_H
#define POLICY_VERDICT_H

#include "policy/claim.h"
#include "policy/config.h"
#include "policy/form.h"
#include "policy/reason.h"

enum verdict_kind {
	VERDICT_DENY,
	VERDICT_ALLOW,
};

struct verdict {
	enum verdict_kind kind;
	enum reason reason; /* of a denial, or of one that [claims] mode = audit allows; else REASON_NONE */
	enum form_id form;
	enum op op;
	unsigned root;	    /* index of instances_path */
	const char *path;   /* the whole path; borrows; NULL for none */
	const char *rel;    /* its part below the root; borrows; NULL for none */
	bool probe;	    /* the path is a probe file */
	bool while_running; /* the path may be sent only while its instance lives here */
	bool needs_claim;   /* verdict_apply_claim() may deny it */
	enum claim_state claim;
	char instance[UUID_LEN + 1]; /* "" if the path is in no instance */
	unsigned directions;	     /* of enum direction: what a session that names no path may do */
};

/* What the caller knows about the host. */
struct facts {
	int64_t free_space; /* bytes, on the fullest of the roots' file systems */
	const char *peer;   /* canonical address, "-" when unknown */
};

/* Returns a denial, for a line that is no form. */
struct verdict verdict_refuse(enum reason reason);

/* True if the decision depends on facts.free_space. */
bool verdict_needs_space(const struct match *match);

/* Judges a command line. If it allows a stream form, then only to run in the mirror. */
struct verdict verdict_decide(const struct config *config, const struct match *match, const struct facts *facts);

/* Judges the operation that the stream of a form asked for: mkdir or touch for rsync-create, remove or rmdir for
 * rsync-remove. Denies any other. */
struct verdict verdict_decide_stream(const struct config *config, enum form_id form, enum op op, const char *path);

/* Denies an allowed operation that brings data (op.def) if free space is short. verdict_decide() calls it. */
void verdict_check_space(struct verdict *verdict, const struct config *config, const struct facts *facts);

/* Denies an allowed transfer: too many run already. */
void verdict_deny_sessions(struct verdict *verdict);

/* Denies an allowed verdict with while_running: the instance does not live here. */
void verdict_deny_not_running(struct verdict *verdict);

/* Denies an allowed verdict for a reason that appeared during the operation: another peer claimed the instance
 * meanwhile, this peer has too many claims, or there are too many probe files. */
void verdict_deny_late(struct verdict *verdict, enum reason reason);

/* Denies an allowed verdict: its path leads through a symlink. */
void verdict_deny_symlink(struct verdict *verdict);

/* True if a claim in this state allows op. In CLAIM_GRACE, only operations that remove. */
bool verdict_claim_allows(enum claim_state state, enum op op);

/* Applies the claim state to an allowed verdict. there: the instance directory exists; if not, there is nothing to
 * protect, and every operation except mkdir fails on its own. */
void verdict_apply_claim(struct verdict *verdict, const struct config *config, enum claim_state state, bool there);

#endif
