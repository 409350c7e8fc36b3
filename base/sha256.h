/* SPDX-License-Identifier: Apache-2.0 */
/* sha256: SHA-256 of bytes that are all there. Source: FIPS 180-4.
 * Our own, against the rule that a library is better: the libraries that ship everywhere look at the
 * processor when the program starts, which in a virtual machine costs each command a twentieth of its time,
 * also the nine of ten that have no key to name. */
#ifndef BASE_SHA256_H
#define BASE_SHA256_H

#include <stddef.h>
#include <stdint.h>

enum {
	SHA256_SIZE = 32,
};

void sha256(uint8_t digest[SHA256_SIZE], const uint8_t *bytes, size_t len);

#endif
