/* SPDX-License-Identifier: Apache-2.0 */
#include "base/fault.h"

#include <stdio.h>
#include <string.h>

int fault_set(struct fault *fault, enum reason reason, const char *what, int err, const char *detail)
{
	*fault = (struct fault){ .reason = reason, .what = what, .err = err };
	if (detail != NULL) {
		const size_t len = strnlen(detail, sizeof(fault->detail) - 1);

		memcpy(fault->detail, detail, len);
		fault->detail[len] = '\0';
	}
	return -1;
}

const char *fault_where(const struct fault *fault)
{
	if (fault->file != NULL)
		return fault->file;
	return fault->detail[0] == '/' ? fault->detail : fault->what;
}

void fault_text(char *text, unsigned size, const struct fault *fault)
{
	snprintf(text, size, "%s%s%s%s%s", fault->what, fault->detail[0] != '\0' ? ": " : "", fault->detail,
		fault->err != 0 ? ": " : "", fault->err != 0 ? strerror(fault->err) : "");
}

void fault_text_at(char *text, unsigned size, const struct fault *fault)
{
	const int used = fault->line == 0 ? 0 : snprintf(text, size, "%s:%u: ", fault_where(fault), fault->line);

	if (used >= 0 && (unsigned)used < size)
		fault_text(text + used, size - (unsigned)used, fault);
}
