/* SPDX-License-Identifier: Apache-2.0 */
/* tunnel: what can be found against a message of libvirt's client, and the words for it.
 * Pure: no heap, no I/O, no globals. Source: tunnel.def. */
#ifndef POLICY_TUNNEL_H
#define POLICY_TUNNEL_H

#include "policy/reason.h"

enum tunnel_finding {
	TUNNEL_NOTHING, /* nothing was found against it */
#define FINDING(name, ...) TUNNEL_##name,
#include "policy/tunnel.def"
#undef FINDING
	TUNNEL_COUNT
};

enum {
	TUNNEL_DETAIL_MAX = 256, /* a place and a value, with the ending NUL; longer is cut */
};

const char *tunnel_word(enum tunnel_finding finding);

/* What it means, one sentence without a full stop. */
const char *tunnel_text(enum tunnel_finding finding);

enum reason tunnel_reason(enum tunnel_finding finding);

#endif
