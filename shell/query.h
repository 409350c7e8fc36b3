/* SPDX-License-Identifier: Apache-2.0 */
/* decision: one command line, read and decided. The shell and rssh-nova-admin explain share it, so that
 * what is explained is what is done.
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
	const struct config *config; /* these three are borrowed and set by the caller */
	const struct roots *roots;
	const struct request *request;
	struct words words;
	struct match match;
	struct facts facts;	    /* as of the beginning, also for what a stream asks for later */
	int instance;		    /* the instance's directory, owned; -1 when it is not there */
	char claim[CLAIM_TEXT_MAX]; /* what a new instance directory gets; "" for none */
};

/* What must be there before anything is decided: reads the configuration, names the peer of invocation and opens the
 * roots.
 * Fails with -1 and a fault. */
MUST_USE int query_prepare(
	struct config *config, struct roots *roots, struct invocation *invocation, struct fault *fault);

/* Reads the command line and decides. *verdict borrows from query.
 * Fails with -1 and a fault when that cannot be done; *verdict then says how far it came. */
MUST_USE int query_decide(struct query *query, struct verdict *verdict, struct fault *fault);

/* Opens the instance of a verdict and brings its claim in: for what a stream turned out to ask for.
 * query->instance is that of the last verdict. Fails with -1 and a fault. */
MUST_USE int query_load_claim(struct query *query, struct verdict *verdict, struct fault *fault);

#endif
