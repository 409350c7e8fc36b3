/* SPDX-License-Identifier: Apache-2.0 */
/* instance: an instance directory, opened once, so that what is looked at is what is then acted on.
 * Source of busy: QEMU locks its images by fcntl(2) F_OFD_SETLK (block/file-posix.c); libvirt gives the
 * files of a running domain to the user that runs it (dynamic_ownership). */
#ifndef NODE_INSTANCE_H
#define NODE_INSTANCE_H

#include "base/fault.h"
#include "policy/attributes.h"
#include "policy/claim.h"
#include "policy/config.h"

/* The directory uuid below root, owned; -1 and errno, also when a link stands there. */
MUST_USE int instance_open(int root, const char *uuid);

/* What the claim on the directory fd means to the sender of request: with deep, also whether the instance
 * lives here. What cannot be told counts against the peer. */
enum claim_state instance_claim(int fd, const struct config *config, const struct request *request, bool deep);

/* What is written on the directory fd, whoever asks: CLAIM_OWN and *out, CLAIM_NONE when nothing is, and
 * CLAIM_OTHER when it cannot be read. */
enum claim_state instance_claim_read(struct claim *out, int fd);

/* Does anybody have a claim that has not expired on the instance uuid below root? */
bool instance_is_claimed(int root, const char *uuid, const struct config *config);

/* Does the instance live here, as of instance_is_busy()? 1 if it does, 0 if it does not, -1 and errno if it cannot be
 * told. */
int instance_life(int fd);

/* Does anybody hold a lock on the file name in dir? 1, 0, or -1 and errno. */
int instance_file_is_locked(int dir, const char *name);

/* False if it cannot be told. */
bool instance_is_empty(int fd);

/* True if the directory fd is empty and was claimed so long ago, by any peer, that the next mkdir takes it over.
 * One without a claim is Nova's own and never stale. */
bool instance_is_stale(int fd, const struct config *config);

/* Does the instance live here: is a file of it locked, or it or a file of it not the running user's? True when it
 * cannot be told. */
bool instance_is_busy(int fd);

/* The regular file rel of an instance below root, O_PATH and owned, if that instance lives here; -1 and errno, ENOENT
 * if it does not or it is no such file. */
MUST_USE int instance_file_of_running(int root, const char *rel);

/* True if a process has a file of it open for writing, or if that cannot be told. Told by a lease, which the kernel
 * gives for reading only if nobody writes, and which is given back at once. Source: fcntl(2), F_SETLEASE. */
bool instance_has_writer(int fd);

/* Both clocks that a claim is dated by. */
struct moment instance_now(void);

/* Does it hold a file that has another name somewhere? Writing to such a file in place writes to the other
 * name too, which Landlock does not see. No form makes hard links, so that none can come to be while a
 * child runs. True when it cannot be told. */
bool instance_has_hardlink(int fd);

/* The value of a claim for the sender of request, now. */
MUST_USE int instance_claim_text(char text[CLAIM_TEXT_MAX], const struct request *request, struct fault *fault);

#endif
