/* SPDX-License-Identifier: Apache-2.0 */
/* received: judges the images in the instances that a transfer could write, after its program has ended.
 * A peer with another session can still write later; the fence before libvirt's start judges again.
 * Runs inside the supervisor's walls. */
#ifndef SHELL_RECEIVED_H
#define SHELL_RECEIVED_H

#include "node/held.h"
#include "node/image_check.h"

/* Judges each held instance by the rules of config, and deletes the files that it refuses. alone: no other session
 * writes these instances. Otherwise it skips a file that ends within its header: another transfer may be writing it.
 * It skips an instance that the peer may no longer write, because its claim has ended or it lives here now.
 * Returns the held instance of the first refused file, and sets *out; NULL if it refuses none. */
const struct held_instance *received_judge(struct image_report *out, const struct held *held,
	const struct config *config, const struct roots *roots, const struct request *request, bool alone);

#endif
