/* SPDX-License-Identifier: Apache-2.0 */
#include "wall/filter.h"

#include <errno.h>
#include <linux/filter.h>
#include <stddef.h>
#include <stdint.h>

#include "policy/attributes.h"
#include "wall/filters.inc"

const struct sock_fprog *filter_program(enum role role)
{
	return (unsigned)role < ROLE_COUNT && programs[role].len != 0 ? &programs[role] : NULL;
}

const char *filter_call_name(int number)
{
	if (number < 0 || (size_t)number >= N_ELEMENTS(calls) || calls[number].name[0] == '\0')
		return NULL;
	return calls[number].name;
}

int filter_call_answer(int number)
{
	return filter_call_name(number) != NULL ? calls[number].answer : ENOSYS;
}
