/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "attempt.h"
#include "tally.h"

enum {
	CALLS_MAX = 512,
};

static struct {
	const char *name;
	unsigned times;
} calls[CALLS_MAX];

void denied_note(const char *call)
{
	unsigned i = 0;

	while (i < CALLS_MAX - 1 && calls[i].name != NULL && strcmp(calls[i].name, call) != 0)
		i++;
	calls[i].name = call;
	calls[i].times++;
}

void tally_print(void)
{
	printf("{\"tally\": {");
	for (unsigned i = 0; calls[i].name != NULL; i++)
		printf("%s\"%s\": %u", i == 0 ? "" : ", ", calls[i].name, calls[i].times);
	printf("}}\n");
	fflush(stdout);
}
