/* SPDX-License-Identifier: Apache-2.0 */
/* verdict: may this be done? The one place where VERDICT_ALLOW is written.
 * Decides on bytes and facts; never acts, never logs.
 * Pure: no heap, no I/O, no globals. Source of the whitelist: the [paths] keys of rssh-nova.conf. */
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
	enum reason reason; /* of a denial, or of what claims in audit mode would have denied */
	enum form_id form;
	enum op op;
	unsigned root;	    /* index of instances_path */
	const char *path;   /* the whole path; borrows; NULL where there is none */
	const char *rel;    /* its part below the root; borrows; NULL where there is none */
	bool probe;	    /* the path is a probe file */
	bool while_running; /* the path may be sent only while its instance lives here */
	bool needs_claim;   /* verdict_apply_claim() has a word to say */
	enum claim_state claim;
	char instance[UUID_LEN + 1]; /* "" where the path lies in no instance */
	unsigned directions;	     /* of enum direction: what a session that names no path may do */
};

/* What the shell knows of the host when it asks. */
struct facts {
	int64_t free_space; /* bytes, on the fullest of the roots' file systems */
	const char *peer;   /* canonical address, "-" when unknown */
};

/* A line that could not be read as any form. */
struct verdict verdict_refuse(enum reason reason);

/* True if the decision depends on facts.free_space. */
bool verdict_needs_space(const struct match *match);

/* A command line. The stream forms are allowed here to run in the mirror only. */
struct verdict verdict_decide(const struct config *config, const struct match *match, const struct facts *facts);

/* What a stream form turned out to ask for on path: rsync-create mkdir or touch, rsync-remove remove or
 * rmdir. Anything else is denied. */
struct verdict verdict_decide_stream(const struct config *config, enum form_id form, enum op op, const char *path);

/* Denies an allowed verdict that brings data, or an mkdir, if there is not enough free space. Nova asks for the
 * directory before it powers the guest off: the answer must be that of the transfer. verdict_decide() calls it. */
void verdict_check_space(struct verdict *verdict, const struct config *config, const struct facts *facts);

/* Denies an allowed verdict that would be one transfer too many at a time. */
void verdict_deny_sessions(struct verdict *verdict);

/* Denies an allowed verdict with while_running, whose instance does not live here. */
void verdict_deny_not_running(struct verdict *verdict);

/* Denies an allowed verdict for what only the act found out: another peer claimed the instance meanwhile, or this
 * one has claimed too many, or there are too many probe files. */
void verdict_deny_late(struct verdict *verdict, enum reason reason);

/* Denies an allowed verdict whose path turned out to lead through a symlink. */
void verdict_deny_symlink(struct verdict *verdict);

/* True if an instance in this state lets op change it, as far as claims go. In the grace only removals pass. */
bool verdict_claim_allows(enum claim_state state, enum op op);

/* Applies the claim state to an allowed verdict. there: the instance directory exists; if not, there is nothing
 * to protect: an mkdir makes it, any other operation fails on its own. */
void verdict_apply_claim(struct verdict *verdict, const struct config *config, enum claim_state state, bool there);

#endif
