/* SPDX-License-Identifier: Apache-2.0 */
/* xdr: values read one after the other out of untrusted bytes, each within them.
 * The first that is not whole, or whose padding is not zero, spoils the reader for good: every later value is 0 or
 * empty. Source: RFC 4506. Pure: no heap, no I/O, no globals. */
#ifndef POLICY_XDR_H
#define POLICY_XDR_H

#include <stdbool.h>
#include <stdint.h>

#include "policy/attributes.h"
#include "policy/bytes.h"

struct xdr {
	struct bytes rest;
	bool spoiled;
};

uint32_t xdr_uint(struct xdr *xdr);
uint64_t xdr_hyper(struct xdr *xdr);

/* len bytes, a multiple of 4. Borrows. */
struct bytes xdr_fixed(struct xdr *xdr, size_t len);

/* Bytes of a length that stands before them, most at most. Borrows. */
struct bytes xdr_opaque(struct xdr *xdr, size_t most);

/* The same; and no NUL is in them. */
struct bytes xdr_string(struct xdr *xdr, size_t most);

/* Was all of it read, and nothing amiss? */
MUST_USE bool xdr_is_done(const struct xdr *xdr);

#endif
