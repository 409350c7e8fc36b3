/* SPDX-License-Identifier: Apache-2.0 */
/* fence: libvirt's hook runs it before a domain starts. From then on the instance lives on this node. So fence ends its
 * claim, waits for the transfers that may write it, and checks the images that the domain will open.
 * Takes:   the arguments of a libvirt hook, DOMAIN OPERATION SUB-OPERATION EXTRA, and the domain's XML on standard
 *          input. It acts on "prepare begin" and on "reconnect begin". On reconnect it refuses nothing, because
 *          libvirt would kill the running guest. It ignores every other event.
 *          With --files, the files that a program is about to open. It then leaves out each instance that no peer
 *          brought or that a fence has judged whole: that instance has neither a claim nor a seal (node/seal.h). It
 *          judges all images of each other instance, and deletes none. Once that instance has lived here, only a given
 *          file is refused. A fence of a domain judges all images too, but only to know whether the seal may go.
 * Waits:   at most [images] fence_wait seconds. Each transfer holds a shared flock(2) on the instance directory, see
 *          node/held.h.
 * Returns: ADMIN_GOOD, also for a domain without a file below an instances_path; ADMIN_FOUND with a line on standard
 *          error, which libvirt logs, if the domain must not start or the files must not be opened.
 * Source:  https://libvirt.org/hooks.html; a hook must not call libvirt. */
#ifndef ADMIN_FENCE_H
#define ADMIN_FENCE_H

#include "admin/options.h"

int fence_run(const struct options *options);

#endif
