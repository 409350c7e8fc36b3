/* SPDX-License-Identifier: Apache-2.0 */
#include "shell/builtin.h"

#include <stddef.h>

#include "shell/make_directory.h"
#include "shell/remove.h"
#include "shell/touch.h"

static builtin_fn *const functions[OP_COUNT] = {
	[OP_TOUCH] = builtin_touch,
	[OP_REMOVE] = builtin_remove,
	[OP_MKDIR] = builtin_mkdir,
	[OP_REMOVE_TREE] = builtin_remove_tree,
	[OP_RMDIR] = builtin_rmdir,
};

builtin_fn *builtin_of(enum op op)
{
	return (unsigned)op < OP_COUNT ? functions[op] : NULL;
}
