/* SPDX-License-Identifier: Apache-2.0 */
/* tunnel: the relay between libvirt's client and the daemon of this node, in a child of its own. It hands on the
 * messages of one live migration that policy/rpc.h, policy/migration.h and policy/domain.h allow, and ends at the first
 * other one.
 * The child is confined to reading and writing on descriptors that are open: the client, the daemon, and a channel on
 * which it reports to the supervisor what it found. The supervisor records that before the child goes on. */
#ifndef SHELL_TUNNEL_H
#define SHELL_TUNNEL_H

#include "policy/plan.h"
#include "base/fault.h"
#include "wall/sandbox.h"

enum {
	/* Up to OPEN. libvirtd has few places for clients that have not authenticated. Its client sends the few short messages
	 * up to there at once: ten seconds are enough on slow links too. */
	TUNNEL_OPENING_MS = 10000,
	TUNNEL_PATIENCE_MS = 60000, /* from there to the migration, and from its end to that of the session */
	/* For a finish. A client asks for it when all of the guest has come, so libvirtd has little left to do. Not with
	 * post-copy: then the rest of the guest still comes. */
	TUNNEL_FINISH_MS = 120000,
};

/* What the child needs; borrows everything. */
struct tunnel_terms {
	const struct sandbox *sandbox;
	const struct plan *plan;
	int reports; /* the child's end */
};

/* A child_fn, whose what is a struct tunnel_terms: connects, confines itself and relays. Returns the exit status, or -1
 * and a fault before it has relayed anything. */
int tunnel_run(void *what, int channel, struct fault *fault);

#endif
