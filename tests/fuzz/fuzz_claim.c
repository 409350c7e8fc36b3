/* SPDX-License-Identifier: Apache-2.0 */
/* An accepted claim has the form in the manual and is written back byte for byte. A second calculation finds the same
 * state. The input is "IDENTITY WINDOW WALL BOOT", the peer, and its key, a line each, then the attribute's value. */
#include <regex.h>
#include <string.h>

#include "policy/claim.h"
#include "tests/fuzz/lines.h"
#include "tests/fuzz/must.h"

#define NUMBER "(0|[1-9][0-9]{0,17})"

static bool is_claim(const char *text, size_t len)
{
	static regex_t regex;
	static bool ready;

	if (!ready)
		MUST(regcomp(&regex, "^1 " NUMBER " " NUMBER " [!-~]{1,63} [!-~]{1,63}$", REG_EXTENDED | REG_NOSUB) ==
			0);
	ready = true;
	return strlen(text) == len && strchr(text, '\n') == NULL && regexec(&regex, text, 0, NULL, 0) == 0;
}

static bool is_same(const char *claimed, const char *asking)
{
	return strcmp(claimed, "-") != 0 && strcmp(claimed, asking) == 0;
}

enum {
	GRACE = 900,
};

static enum claim_state expected(const struct claim *claim, enum claims_identity identity,
	const struct request *request, int64_t window, struct moment now)
{
	const __int128 wall = (__int128)now.wall - claim->made.wall;
	const __int128 boot = (__int128)now.boot - claim->made.boot;

	if (identity != IDENTITY_KEY && !is_same(claim->peer, request->peer) &&
		(request->peer_name[0] == '\0' || !is_same(claim->peer, request->peer_name)))
		return CLAIM_OTHER;
	if (identity != IDENTITY_ADDRESS && !is_same(claim->key, request->key))
		return CLAIM_OTHER;
	if (wall < 0 || wall > window + GRACE || boot > window + GRACE)
		return CLAIM_EXPIRED;
	return wall > window || boot > window ? CLAIM_GRACE : CLAIM_OWN;
}

static void check_judgement(const struct claim *claim, const char *head, const struct request *request)
{
	unsigned identity;
	long long window, wall, boot;
	struct moment now;

	/* The whole range of claims and clocks. */
	if (sscanf(head, "%1u %18lld %18lld %18lld", &identity, &window, &wall, &boot) != 4 ||
		identity > IDENTITY_KEY || window < 0 || wall < 0 || boot < 0)
		return;
	now = (struct moment){ wall, boot };
	MUST(claim_judge(claim, identity, request, window, GRACE, now) ==
		expected(claim, identity, request, window, now));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct claim claim, untouched;
	struct request request = { .present = true };
	char written[CLAIM_TEXT_MAX];
	struct lines lines;
	bool parsed;

	if (!lines_cut(&lines, data, size, 4))
		return 0;
	strncpy(request.peer, lines.at[1], sizeof(request.peer) - 1);
	strncpy(request.key, lines.at[2], sizeof(request.key) - 1);
	if (size % 2 != 0) /* also without an address */
		strncpy(request.peer_name, lines.at[1], sizeof(request.peer_name) - 1),
			strcpy(request.peer, "192.0.2.7");
	memset(&untouched, 0x5a, sizeof(untouched));
	claim = untouched;
	parsed = claim_parse(&claim, (struct bytes){ lines.at[3], lines.last_len });
	MUST(parsed == is_claim(lines.at[3], lines.last_len));
	if (parsed) {
		MUST(claim_write(written, &claim) == lines.last_len);
		MUST(memcmp(written, lines.at[3], lines.last_len) == 0);
		check_judgement(&claim, lines.at[0], &request);
	} else {
		MUST(memcmp(&claim, &untouched, sizeof(claim)) == 0);
	}
	lines_drop(&lines);
	return 0;
}
