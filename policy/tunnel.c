/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/tunnel.h"

#include "policy/attributes.h"

static const struct {
	char word[12];
	enum reason reason;
	char text[112];
} findings[TUNNEL_COUNT] = {
	[TUNNEL_NOTHING] = { "-", REASON_NONE, "nothing" },
#define FINDING(name, word, reason, text) [TUNNEL_##name] = { word, REASON_##reason, text },
#include "policy/tunnel.def"
#undef FINDING
};

static unsigned row(enum tunnel_finding finding)
{
	return (unsigned)finding < TUNNEL_COUNT ? finding : TUNNEL_NOTHING;
}

const char *tunnel_word(enum tunnel_finding finding)
{
	return findings[row(finding)].word;
}

const char *tunnel_text(enum tunnel_finding finding)
{
	return findings[row(finding)].text;
}

enum reason tunnel_reason(enum tunnel_finding finding)
{
	return findings[row(finding)].reason;
}
