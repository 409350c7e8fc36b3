/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/xdr.h"

/* The next len bytes, which borrow; NULL if they are not there. */
static const char *take(struct xdr *xdr, size_t len)
{
	const char *const at = xdr->rest.at;

	if (xdr->spoiled || len > xdr->rest.len) {
		xdr->spoiled = true;
		return NULL;
	}
	xdr->rest.at += len;
	xdr->rest.len -= len;
	return at;
}

uint32_t xdr_uint(struct xdr *xdr)
{
	const unsigned char *const at = (const unsigned char *)take(xdr, 4);

	return at == NULL ? 0 : (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

uint64_t xdr_hyper(struct xdr *xdr)
{
	const uint64_t high = xdr_uint(xdr);

	return high << 32 | xdr_uint(xdr);
}

struct bytes xdr_fixed(struct xdr *xdr, size_t len)
{
	const char *const at = take(xdr, len);

	return at == NULL ? (struct bytes){ "", 0 } : (struct bytes){ at, len };
}

struct bytes xdr_opaque(struct xdr *xdr, size_t most)
{
	const struct bytes none = { "", 0 };
	const uint32_t len = xdr_uint(xdr);
	const char *at, *padding;

	if (len > most) {
		xdr->spoiled = true;
		return none;
	}
	at = take(xdr, len);
	padding = take(xdr, (4 - len % 4) % 4);
	for (uint32_t i = 0; padding != NULL && i < (4 - len % 4) % 4; i++)
		xdr->spoiled = xdr->spoiled || padding[i] != '\0';
	return xdr->spoiled ? none : (struct bytes){ at, len };
}

struct bytes xdr_string(struct xdr *xdr, size_t most)
{
	const struct bytes text = xdr_opaque(xdr, most);

	if (text.len != 0 && memchr(text.at, '\0', text.len) != NULL) {
		xdr->spoiled = true;
		return (struct bytes){ "", 0 };
	}
	return text;
}

bool xdr_is_done(const struct xdr *xdr)
{
	return !xdr->spoiled && xdr->rest.len == 0;
}
