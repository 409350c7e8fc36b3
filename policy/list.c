/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/list.h"

#include <string.h>

bool list_next(char out[VALUE_MAX], const char **rest)
{
	const char *at = *rest;
	size_t len;

	if (at == NULL)
		return false;
	at += strspn(at, " \t");
	len = strcspn(at, ",");
	*rest = at[len] == ',' ? at + len + 1 : NULL;
	while (len > 0 && (at[len - 1] == ' ' || at[len - 1] == '\t'))
		len--;
	if (len >= VALUE_MAX)
		len = 0;
	memcpy(out, at, len);
	out[len] = '\0';
	return true;
}
