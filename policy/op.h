/* SPDX-License-Identifier: Apache-2.0 */
/* op: the operations, and what each one is.
 * The stream forms of rsync begin as OP_STREAM and turn into one of the builtin operations.
 * Pure: no heap, no I/O, no globals. Source: op.def. */
#ifndef POLICY_OP_H
#define POLICY_OP_H

enum op {
	OP_NONE,
#define OP(name, ...) OP_##name,
#include "policy/op.def"
#undef OP
	OP_COUNT
};

enum direction {
	DIRECTION_RECEIVE = 1, /* instances come here: everything that creates, writes or removes */
	DIRECTION_SEND = 2,    /* files are read from here */
	DIRECTION_LIVE = 4,    /* domains come here, live */
	DIRECTION_BOTH = DIRECTION_RECEIVE | DIRECTION_SEND,
};

enum op_claim {
	OP_CLAIM_ALWAYS, /* it changes an instance, or Nova asks for it just before an operation that does */
	OP_CLAIM_UNLESS_PROBE,
	OP_CLAIM_NEVER,
};

enum op_data {
	OP_DATA_NEITHER,
	OP_DATA_BRINGS,
	OP_DATA_REMOVES,
};

enum op_by {
	OP_BY_NONE,
	OP_BY_BUILTIN, /* in process, by shell/builtin.h */
	OP_BY_PROGRAM,
	OP_BY_RELAY, /* by a child of our own, shell/tunnel.h */
};

struct op_row {
	char word[12];
	enum op_claim claim;
	unsigned directions; /* of enum direction; 0 lets nothing pass */
	enum op_data data;
	enum op_by by;
};

/* Never fails: OP_NONE and unknown values have the word "-", no direction, and OP_BY_NONE. */
const struct op_row *op_row(enum op op);

/* The word of the audit field "op". */
const char *op_word(enum op op);

#endif
