/* SPDX-License-Identifier: Apache-2.0 */
#include "shell/builtin.h"

#include <stddef.h>

#include "shell/make_directory.h"
#include "shell/remove.h"
#include "shell/touch.h"

builtin_fn *builtin_of(enum op op)
{
	switch (op) {
	case OP_TOUCH:
		return builtin_touch;
	case OP_REMOVE:
		return builtin_remove;
	case OP_MKDIR:
		return builtin_mkdir;
	case OP_REMOVE_TREE:
		return builtin_remove_tree;
	case OP_RMDIR:
		return builtin_rmdir;
	case OP_NONE:
	case OP_RECEIVE:
	case OP_SEND:
	case OP_EMPTY:
	case OP_SFTP:
	case OP_STREAM:
	case OP_COUNT:
		return NULL;
	}
	return NULL;
}
