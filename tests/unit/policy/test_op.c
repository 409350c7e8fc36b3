/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>

#include "policy/attributes.h"
#include "policy/op.h"

/* The table again, by property instead of by operation. */
static const enum op unless_probe[] = { OP_TOUCH, OP_REMOVE };
static const enum op never_claimed[] = { OP_SEND, OP_SFTP, OP_STREAM };
static const enum op sends[] = { OP_SEND, OP_SFTP };
static const enum op sends_only[] = { OP_SEND };
static const enum op brings[] = { OP_MKDIR, OP_RECEIVE, OP_SFTP };
static const enum op removes[] = { OP_REMOVE, OP_REMOVE_TREE, OP_RMDIR, OP_EMPTY };
static const enum op builtin[] = { OP_TOUCH, OP_REMOVE, OP_MKDIR, OP_REMOVE_TREE, OP_RMDIR };

static bool has(const enum op *list, size_t count, enum op op)
{
	for (size_t i = 0; i < count; i++)
		if (list[i] == op)
			return true;
	return false;
}

#define IN(list) has(list, N_ELEMENTS(list), op)

Test(op, needs_a_claim_if_it_changes_an_instance)
{
	for (enum op op = OP_NONE + 1; op < OP_COUNT; op++)
		cr_expect_eq(op_row(op)->claim,
			IN(unless_probe)	    ? OP_CLAIM_UNLESS_PROBE
				: IN(never_claimed) ? OP_CLAIM_NEVER
						    : OP_CLAIM_ALWAYS,
			"%s", op_word(op));
}

Test(op, receives_unless_it_only_reads)
{
	for (enum op op = OP_NONE + 1; op < OP_COUNT; op++) {
		cr_expect_eq((op_row(op)->directions & DIRECTION_SEND) != 0, IN(sends), "%s", op_word(op));
		cr_expect_eq((op_row(op)->directions & DIRECTION_RECEIVE) == 0, IN(sends_only), "%s", op_word(op));
	}
}

Test(op, brings_or_removes_data_or_does_neither)
{
	for (enum op op = OP_NONE + 1; op < OP_COUNT; op++)
		cr_expect_eq(op_row(op)->data,
			IN(brings)	      ? OP_DATA_BRINGS
				: IN(removes) ? OP_DATA_REMOVES
					      : OP_DATA_NEITHER,
			"%s", op_word(op));
}

Test(op, is_done_by_us_or_by_a_program)
{
	for (enum op op = OP_NONE + 1; op < OP_COUNT; op++)
		cr_expect_eq(op_row(op)->by, IN(builtin) ? OP_BY_BUILTIN : OP_BY_PROGRAM, "%s", op_word(op));
}

Test(op, that_is_none_may_do_nothing)
{
	const enum op nones[] = { OP_NONE, OP_COUNT, (enum op)4711, (enum op) - 1 };

	for (size_t i = 0; i < N_ELEMENTS(nones); i++) {
		cr_expect_str_eq(op_word(nones[i]), "-");
		cr_expect_eq(op_row(nones[i])->claim, OP_CLAIM_ALWAYS);
		cr_expect_eq(op_row(nones[i])->directions, 0);
		cr_expect_eq(op_row(nones[i])->by, OP_BY_NONE);
	}
}

Test(op, has_a_word_of_its_own)
{
	for (enum op op = OP_NONE; op < OP_COUNT; op++) {
		cr_expect_neq(op_word(op)[0], '\0');
		for (enum op other = OP_NONE; other < op; other++)
			cr_expect_str_neq(op_word(op), op_word(other));
	}
}
