/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/op.h"

static const struct op_row rows[OP_COUNT] = {
	[OP_NONE] = { .word = "-", .claim = OP_CLAIM_ALWAYS },
#define OP(name, word, claim, directions, data, by) \
	[OP_##name] = { word, OP_CLAIM_##claim, DIRECTION_##directions, OP_DATA_##data, OP_BY_##by },
#include "policy/op.def"
#undef OP
};

const struct op_row *op_row(enum op op)
{
	return &rows[(unsigned)op < OP_COUNT ? op : OP_NONE];
}

const char *op_word(enum op op)
{
	return op_row(op)->word;
}
