/* SPDX-License-Identifier: Apache-2.0 */
/* sha256: SHA-256 of one buffer. Source: FIPS 180-4.
 * Our own, although the rule prefers a library: the libraries of all distributions examine the processor when a program
 * starts. In a virtual machine that costs each command a twentieth of its time, also the nine of ten that need no hash.
 * */
#ifndef BASE_SHA256_H
#define BASE_SHA256_H

#include <stddef.h>
#include <stdint.h>

enum {
	SHA256_SIZE = 32,
};

void sha256(uint8_t digest[SHA256_SIZE], const uint8_t *bytes, size_t len);

#endif
