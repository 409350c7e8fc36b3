/* SPDX-License-Identifier: Apache-2.0 */
/* query: reads one command line and decides on it. rssh-nova and rssh-nova-admin explain share it, so explain shows
 * what the shell does.
 * Looks at the disk (configuration, roots, free space, claims) and changes nothing there. */
#ifndef SHELL_QUERY_H
#define SHELL_QUERY_H

#include "base/fault.h"
#include "node/root.h"
#include "policy/attributes.h"
#include "policy/claim.h"
#include "policy/verdict.h"
#include "shell/request.h"

struct query {
	const struct config *config; /* the caller sets these three, which are borrowed */
	const struct roots *roots;
	const struct request *request;
	struct words words;
	struct match match;
	struct facts facts;	    /* as of the beginning, also for what a stream asks for later */
	int instance;		    /* the instance's directory, owned; -1 if it does not exist */
	char claim[CLAIM_TEXT_MAX]; /* the claim that a new instance directory gets; "" for none */
};

/* Reads the configuration, names the peer of invocation, and opens the roots. Returns 0, or -1 and a fault. */
MUST_USE int query_prepare(
	struct config *config, struct roots *roots, struct invocation *invocation, struct fault *fault);

/* Reads the command line and decides. *verdict borrows from query. Returns 0, or -1 and a fault; *verdict then has what
 * was decided before. */
MUST_USE int query_decide(struct query *query, struct verdict *verdict, struct fault *fault);

/* Opens the instance of a verdict, loads its claim and applies it, for what a stream asked for. query->instance is that
 * of the last verdict. Returns 0, or -1 and a fault. */
MUST_USE int query_load_claim(struct query *query, struct verdict *verdict, struct fault *fault);

#endif
