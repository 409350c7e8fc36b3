/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/plain.h"

bool plain_is(char byte)
{
	return byte >= ' ' && byte <= '~';
}

void plain_text(char *text)
{
	for (; *text != '\0'; text++)
		if (!plain_is(*text))
			*text = '?';
}

void plain_print(FILE *out, const char *text)
{
	for (; *text != '\0'; text++)
		fputc(plain_is(*text) ? *text : '?', out);
}
