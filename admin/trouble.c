/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/trouble.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int trouble_set(struct trouble *trouble, const char *text, ...)
{
	va_list args;

	va_start(args, text);
	vsnprintf(trouble->text, sizeof(trouble->text), text, args);
	va_end(args);
	return -1;
}

int trouble_no_memory(struct trouble *trouble)
{
	return trouble_set(trouble, "%s", strerror(ENOMEM));
}
