/* SPDX-License-Identifier: Apache-2.0 */
/* seal: tells whether something else than us changed which files a claimed directory has. Nova of this node may create
 * an instance in a directory that a peer claimed in advance; from then on the directory is no longer the peer's.
 * The seal is the directory's time of last modification (mtime) after our last change, kept beside the claim as the
 * extended attribute SEAL_ATTRIBUTE: "1 SECONDS NANOSECONDS". No child can write it, nor set the times of a directory.
 * While a session holds the directory (node/held.h) its child changes it, so nothing is judged meanwhile; the
 * supervisor sets the seal when the child has ended. A claim without a seal counts as unchanged.
 * Source: inode(7); fcntl(2), open file description locks. */
#ifndef NODE_SEAL_H
#define NODE_SEAL_H

#include <stdbool.h>

#include "policy/attributes.h"
#include "policy/claim.h"

#define SEAL_ATTRIBUTE "user.rssh-nova.seal"

/* Seals the directory fd as it is. 0, or -1 and errno. */
MUST_USE int seal_set(int fd);

/* The same if it is claimed and has another seal; a claim without a seal stays so.
 * On a file system without room for it, the directory gets its sealed time back. If both fail, the claim ends. */
void seal_renew(int fd);

/* Tells all who judge that this process will change the directory and seal it. Ends with the last process that has fd.
 * Needs no right but to read. Fails silently if the file system has no such locks: then nobody judges there. */
void seal_hold(int fd);

/* Returns CLAIM_CHANGED instead of CLAIM_OWN or CLAIM_GRACE if the seal of the directory fd is broken, else state.
 * fd must not hold it. Judges nothing while a process holds it, or if the file system has no locks (NFS). */
MUST_USE enum claim_state seal_judge(int fd, enum claim_state state);

/* One change of ours. */
struct sealing {
	int fd;
	bool seals, holds;
};

/* Before the change: if the directory fd is claimed and its seal is whole, holds it until seal_end(). fd stays the
 * caller's; -1 is good. held: the process holds fd already, and the claim was judged. */
void seal_begin(struct sealing *out, int fd, bool held);

/* After the change. Keeps errno. */
void seal_end(const struct sealing *sealing);

#endif
