/* SPDX-License-Identifier: Apache-2.0 */
/* instance: an instance directory. It is opened once, so that we act on the directory that we looked at.
 * Source of busy: QEMU locks its images by fcntl(2) F_OFD_SETLK (block/file-posix.c); libvirt gives the
 * files of a running domain to the user that runs it (dynamic_ownership). */
#ifndef NODE_INSTANCE_H
#define NODE_INSTANCE_H

#include "base/fault.h"
#include "policy/attributes.h"
#include "policy/claim.h"
#include "policy/config.h"

/* Opens the directory uuid below root. Returns it, owned, or -1 and errno, also for a symlink. */
MUST_USE int instance_open(int root, const char *uuid);

/* What does the claim on the directory fd mean for the peer of request? With deep, also looks whether the instance
 * lives here. An answer that cannot be had counts against the peer. */
enum claim_state instance_claim(int fd, const struct config *config, const struct request *request, bool deep);

/* Reads the claim on the directory fd, of any peer. Returns true and sets *out, or false and errno: ENODATA if there is
 * none, any other value if it cannot be read. */
MUST_USE bool instance_claim_read(struct claim *out, int fd);

/* Does any peer have a live claim on the instance uuid below root? */
bool instance_is_claimed(int root, const char *uuid, const struct config *config);

/* Does the instance live here (see instance_is_busy())? Returns 1, 0, or -1 and errno. */
int instance_life(int fd);

/* Does a process hold a lock on the file name in dir? Returns 1, 0, or -1 and errno. */
int instance_file_is_locked(int dir, const char *name);

/* Is the directory empty? False if it cannot look. */
bool instance_is_empty(int fd);

/* True if the directory fd is empty and its claim, of any peer, is so old that the next mkdir takes it over. A
 * directory without a claim is Nova's own and never stale. */
bool instance_is_stale(int fd, const struct config *config);

/* Does the instance live here: is a file of it locked, or does another user own it or a file of it? True if it cannot
 * look. */
bool instance_is_busy(int fd);

/* Opens the regular file rel of an instance below root with O_PATH, if that instance lives here. Returns it, owned, or
 * -1 and errno: ENOENT if the instance does not live here or has no such file. */
MUST_USE int instance_file_of_running(int root, const char *rel);

/* True if a process has a file of it open for writing, or if it cannot look. It takes a read lease, which the kernel
 * grants only if no process writes, and returns it at once. Source: fcntl(2), F_SETLEASE. */
bool instance_has_writer(int fd);

/* Reads both clocks that date a claim. */
struct moment instance_now(void);

/* Does it hold a file that has another name somewhere? A write to such a file also changes the other name, which
 * Landlock does not see. No form makes hard links, so none can appear while a child runs. True if it cannot look. */
bool instance_has_hardlink(int fd);

/* Writes the claim that the peer of request would make now. Returns 0, or -1 and a fault. */
MUST_USE int instance_claim_text(char text[CLAIM_TEXT_MAX], const struct request *request, struct fault *fault);

#endif
