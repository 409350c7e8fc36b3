/* SPDX-License-Identifier: Apache-2.0 */
/* seal: shows whether a program other than ours added or removed a file of a claimed directory. This node's Nova may
 * create an instance in a directory that a peer claimed in advance. From then on the directory is no longer the peer's.
 * The seal is the directory's modification time (mtime) after our last change. We keep it beside the claim, as the
 * extended attribute SEAL_ATTRIBUTE: "1 SECONDS NANOSECONDS". No child can write it or set the times of a directory.
 * While a session holds the directory (node/held.h), its child changes it, so we do not judge it. The supervisor renews
 * the seal when the child has ended. A claim without a seal counts as unchanged. A seal without a claim says that a peer
 * brought the instance, and that no fence has judged all images of it since (admin/fence.h).
 * Source: inode(7); fcntl(2), open file description locks. */
#ifndef NODE_SEAL_H
#define NODE_SEAL_H

#include <stdbool.h>

#include "policy/attributes.h"
#include "policy/claim.h"

#define SEAL_ATTRIBUTE "user.rssh-nova.seal"

/* A seal without a claim, of an instance that has lived here since a peer brought it. */
#define SEAL_LIVED "lived"

/* Seals the directory fd as it is. Returns 0, or -1 and errno. */
MUST_USE int seal_set(int fd);

/* The same, but only if it is claimed and its seal differs. A claim without a seal stays without one. If the file
 * system has no room for the seal, sets the directory's time back to the sealed one. If both fail, the claim ends. */
void seal_renew(int fd);

/* Tells the other processes that this one will change the directory and seal it. Ends with the last process that has
 * fd. Needs only the right to read. Fails silently if the file system has no such locks: then no process judges there.
 * */
void seal_hold(int fd);

/* Returns CLAIM_CHANGED instead of CLAIM_OWN or CLAIM_GRACE if the seal of the directory fd is broken, else state.
 * fd must not hold the directory. Returns state while a process holds it, or if the file system has no locks (NFS). */
MUST_USE enum claim_state seal_judge(int fd, enum claim_state state);

/* A change that we make. */
struct sealing {
	int fd;
	bool seals, holds;
};

/* Call it before the change: if the directory fd is claimed and its seal is whole, it holds the directory until
 * seal_end(). fd stays the caller's, and may be -1. held: the process holds fd already, and the claim was judged. */
void seal_begin(struct sealing *out, int fd, bool held);

/* Call it after the change. Keeps errno. */
void seal_end(const struct sealing *sealing);

#endif
