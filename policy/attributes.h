/* SPDX-License-Identifier: Apache-2.0 */
/* attributes: the few compiler attributes that this project uses, under short names. */
#ifndef POLICY_ATTRIBUTES_H
#define POLICY_ATTRIBUTES_H

#define MUST_USE __attribute__((warn_unused_result))
#define PRINTF(at, first) __attribute__((format(printf, at, first)))
#define NOINLINE __attribute__((noinline))
#define N_ELEMENTS(array) (sizeof(array) / sizeof((array)[0]))

#endif
