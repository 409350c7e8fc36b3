/* SPDX-License-Identifier: Apache-2.0 */
/* arrival: the files and interfaces of a domain that is to arrive through the tunnel, as they are on this node. libvirt
 * and QEMU open what the header of an image names, and libvirtd makes a console's log, as root.
 * Takes:   the files that the child reported, untrusted; the roots, open.
 * Returns: may the domain come? *out has the first finding, IMAGE_GOOD for none; in audit mode, and for true, too.
 * A file that is missing is good. It may change later: only libvirt's hook judges it when nobody can write it. */
#ifndef SHELL_ARRIVAL_H
#define SHELL_ARRIVAL_H

#include <stdbool.h>

#include "node/image_check.h"
#include "node/root.h"
#include "policy/attributes.h"
#include "policy/config.h"
#include "policy/disk_chain.h"
#include "policy/domain.h"

MUST_USE bool arrival_judge(struct image_report *out, const struct disk_image *files, unsigned count,
	const struct config *config, const struct roots *roots);

/* May libvirtd make network interfaces of these names? It fails to make one that exists, and then cleans up by its
 * name: another guest's port of Open vSwitch is gone. Another arrival may still take a name before libvirtd does.
 * Takes:   the names that the child reported, untrusted.
 * Returns: false, and the name and why in *detail. */
MUST_USE bool arrival_taps_judge(char detail[TUNNEL_DETAIL_MAX], const char taps[][DOMAIN_TAP_MAX], unsigned count);

#endif
