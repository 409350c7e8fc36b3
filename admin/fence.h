/* SPDX-License-Identifier: Apache-2.0 */
/* fence: what libvirt's hook runs before a domain starts. The instance lives here from then on: its claim ends for
 * good, the transfers that may write it end, and the images that the domain will open are judged.
 * Takes:   the arguments of a libvirt hook, DOMAIN OPERATION SUB-OPERATION EXTRA, and the domain's XML on standard
 *          input. It acts on "prepare begin", and on "reconnect begin", where it refuses nothing because libvirt
 *          would kill the running guest. Every other event is good.
 * Waits:   at most [images] fence_wait seconds for the transfers. Each of them holds a shared flock(2) on the
 *          instance directory, see node/held.h.
 * Returns: ADMIN_GOOD, also for a domain that has no file below an instances_path; ADMIN_FOUND if the domain must not
 *          start, and then says why on standard error, which libvirt passes on.
 * Source:  https://libvirt.org/hooks.html; a hook must not call libvirt. */
#ifndef ADMIN_FENCE_H
#define ADMIN_FENCE_H

#include "admin/options.h"

int fence_run(const struct options *options);

#endif
