/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/procedure.h"

#include <string.h>

#include "policy/attributes.h"
#include "policy/digits.h"
#include "policy/rpc.h"

static const struct {
	uint32_t program, number;
	char name[48];
} procedures[] = {
#define PROCEDURE(program, number, name) { RPC_PROGRAM_##program, number, #name },
#include "policy/procedure.def"
#undef PROCEDURE
};

static const char *prefix_of(uint32_t program)
{
	switch (program) {
	case RPC_PROGRAM_QEMU:
		return "QEMU_";
	case RPC_PROGRAM_LXC:
		return "LXC_";
	case RPC_PROGRAM_ADMIN:
		return "ADMIN_";
	case RPC_PROGRAM_KEEPALIVE:
		return "KEEPALIVE_";
	default:
		return "";
	}
}

void procedure_text(char out[PROCEDURE_TEXT_MAX], uint32_t program, uint32_t number)
{
	for (size_t i = 0; i < N_ELEMENTS(procedures); i++) {
		if (procedures[i].program != program || procedures[i].number != number)
			continue;
		strcpy(out, prefix_of(program));
		strcat(out, procedures[i].name);
		return;
	}
	(void)digits_decimal(out, number);
}
