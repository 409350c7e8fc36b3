/* SPDX-License-Identifier: Apache-2.0 */
/* received: judges what a transfer left in the instances that it could write, once its program has ended.
 * A peer with another session can still write later: the fence before libvirt's start judges again.
 * Runs inside the supervisor's walls. */
#ifndef SHELL_RECEIVED_H
#define SHELL_RECEIVED_H

#include "node/held.h"
#include "node/image_check.h"

/* Judges each held instance by the rules of config, and deletes what is refused. alone: no other session writes these
 * instances. Otherwise a file that ends within its header is passed over, for another transfer may be writing it.
 * An instance that request may not write any more is passed over: its claim has ended, or it lives here by now, and
 * its files are not the peer's to have deleted.
 * Returns the held instance of the first refused file, and *out what it is; NULL if nothing is refused. */
const struct held_instance *received_judge(struct image_report *out, const struct held *held,
	const struct config *config, const struct roots *roots, const struct request *request, bool alone);

#endif
