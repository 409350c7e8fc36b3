/* SPDX-License-Identifier: Apache-2.0 */
/* libvirt_line: the command lines by which libvirt's client asks for a connection to its daemon.
 * Compared as whole lines, before any reader of words: nothing in them is ever run, and no word of them is used.
 * Takes:  untrusted bytes.
 * Source: virNetClientSSHHelperCommand() of libvirt, recorded from 9.0.0 and 11.3.0, which send the same.
 * Pure: no heap, no I/O, no globals. */
#ifndef POLICY_LIBVIRT_LINE_H
#define POLICY_LIBVIRT_LINE_H

#include <stdbool.h>

#include "policy/attributes.h"
#include "policy/bytes.h"

/* Is it a line for qemu:///system, by virt-ssh-helper, by nc with the daemon's own socket, or by whichever of the two is
 * there? A read-only connection, another driver and a socket of the client's choice are not. */
MUST_USE bool libvirt_line_is_exact(struct bytes line);

/* Does it look like libvirt's client? For the reason of a refusal alone. */
MUST_USE bool libvirt_line_is_like(struct bytes line);

#endif
