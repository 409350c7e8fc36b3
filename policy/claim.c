/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/claim.h"

#include "policy/digits.h"

enum {
	DIGITS_MAX = 18,
};

static bool printable(const char *word)
{
	for (; *word != '\0'; word++)
		if (*word < '!' || *word > '~')
			return false;
	return true;
}

/* Appends a word and a space. False if it does not fit, or if claim_parse() would not read it. */
static bool put(char text[CLAIM_TEXT_MAX], size_t *used, const char *word)
{
	const size_t len = strlen(word);

	if (len == 0 || !printable(word) || len + 1 >= CLAIM_TEXT_MAX - *used)
		return false;
	memcpy(text + *used, word, len);
	text[*used + len] = ' ';
	*used += len + 1;
	return true;
}

static bool put_number(char text[CLAIM_TEXT_MAX], size_t *used, int64_t number)
{
	char digits[DECIMAL_MAX];

	return number >= 0 && digits_decimal(digits, number) - digits <= DIGITS_MAX && put(text, used, digits);
}

size_t claim_write(char text[CLAIM_TEXT_MAX], const struct claim *claim)
{
	size_t used = 0;

	if (!put(text, &used, "1") || !put_number(text, &used, claim->made.wall) ||
		!put_number(text, &used, claim->made.boot) || !put(text, &used, claim->peer) ||
		!put(text, &used, claim->key))
		return 0;
	text[--used] = '\0';
	return used;
}

/* Takes the next word, up to a space or the end, into out. */
static bool take(struct bytes *rest, char *out, size_t size)
{
	size_t len = 0;

	while (len < rest->len && rest->at[len] != ' ')
		len++;
	if (len == 0 || len >= size)
		return false;
	memcpy(out, rest->at, len);
	out[len] = '\0';
	rest->at += len;
	rest->len -= len;
	return true;
}

static bool take_blank(struct bytes *rest)
{
	if (rest->len == 0 || rest->at[0] != ' ')
		return false;
	rest->at++;
	rest->len--;
	return true;
}

static bool take_number(struct bytes *rest, int64_t *out)
{
	char digits[DIGITS_MAX + 1];

	if (!take(rest, digits, sizeof(digits)) || digits[strspn(digits, "0123456789")] != '\0' ||
		(digits[0] == '0' && digits[1] != '\0'))
		return false;
	*out = 0;
	for (const char *at = digits; *at != '\0'; at++)
		*out = *out * 10 + (*at - '0');
	return true;
}

bool claim_parse(struct claim *out, struct bytes text)
{
	char version[2];
	struct claim claim;

	if (memchr(text.at, '\0', text.len) != NULL || !take(&text, version, sizeof(version)) || version[0] != '1' ||
		!take_blank(&text) || !take_number(&text, &claim.made.wall) || !take_blank(&text) ||
		!take_number(&text, &claim.made.boot) || !take_blank(&text) ||
		!take(&text, claim.peer, sizeof(claim.peer)) || !take_blank(&text) ||
		!take(&text, claim.key, sizeof(claim.key)) || text.len != 0 || !printable(claim.peer) ||
		!printable(claim.key))
		return false;
	*out = claim;
	return true;
}

/* "-" means unknown; two unknowns never match. */
static bool same(const char *claimed, const char *asking)
{
	return strcmp(claimed, asking) == 0 && strcmp(asking, "-") != 0;
}

static bool same_peer(const struct claim *claim, enum claims_identity identity, const struct request *request)
{
	/* Also compare the address: the claim may be older than the line of peers_file. No name is an address. */
	const bool address = same(claim->peer, request_peer(request)) || same(claim->peer, request->peer);
	const bool key = same(claim->key, request->key);

	switch (identity) {
	case IDENTITY_ADDRESS_AND_KEY:
		return address && key;
	case IDENTITY_ADDRESS:
		return address;
	case IDENTITY_KEY:
		return key;
	}
	return false;
}

bool claim_is_over(const struct claim *claim, int64_t window, struct moment now)
{
	return now.wall < claim->made.wall || now.wall - claim->made.wall > window ||
		now.boot - claim->made.boot > window;
}

int64_t claim_left(const struct claim *claim, int64_t window, struct moment now)
{
	const int64_t wall = now.wall - claim->made.wall, boot = now.boot - claim->made.boot;

	return claim_is_over(claim, window, now) ? 0 : window - (wall > boot ? wall : boot);
}

enum claim_state claim_judge(const struct claim *claim, enum claims_identity identity, const struct request *request,
	int64_t window, int64_t grace, struct moment now)
{
	if (!same_peer(claim, identity, request))
		return CLAIM_OTHER;
	if (!claim_is_over(claim, window, now))
		return CLAIM_OWN;
	return claim_is_over(claim, window + grace, now) ? CLAIM_EXPIRED : CLAIM_GRACE;
}

const char *claim_word(enum claim_state state)
{
	static const char *const words[CLAIM_COUNT] = {
		[CLAIM_NONE] = "none",
		[CLAIM_OTHER] = "other",
		[CLAIM_EXPIRED] = "expired",
		[CLAIM_BUSY] = "busy",
		[CLAIM_GRACE] = "grace",
		[CLAIM_STALE] = "stale",
		[CLAIM_CHANGED] = "changed",
		[CLAIM_OWN] = "own",
		[CLAIM_PROBE] = "probe",
		[CLAIM_OFF] = "off",
	};

	return (unsigned)state < CLAIM_COUNT ? words[state] : words[CLAIM_NONE];
}
