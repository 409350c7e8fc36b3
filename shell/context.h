/* SPDX-License-Identifier: Apache-2.0 */
/* context: everything that one command needs. It lives as long as the process; trail, act, stream and transfer share
 * it.
 * Owns: its descriptors. The end of the process closes what is still open. */
#ifndef SHELL_CONTEXT_H
#define SHELL_CONTEXT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/audit.h"
#include "node/held.h"
#include "node/root.h"
#include "policy/config.h"
#include "policy/plan.h"
#include "policy/record.h"
#include "policy/verdict.h"
#include "shell/keeper.h"
#include "shell/mirror.h"
#include "shell/query.h"
#include "shell/written.h"
#include "wall/sandbox.h"

struct command {
	const struct request *request;
	struct config config;
	struct audit audit;
	struct roots roots;
	struct query query;
	struct verdict verdict;
	struct plan plan;
	struct sandbox sandbox;
	struct mirror mirror;
	struct held held;
	struct written written;
	struct keeper keeper;
	struct record record;
	int64_t started_ms;
	int io;			     /* /proc/self/io; -1 if it cannot be opened */
	int turn;		     /* of shell/turn.h, -1 for none */
	int reports[2];		     /* of the tunnel: the supervisor's end and the child's; -1 if there is none */
	enum tunnel_finding finding; /* of the tunnel */
	bool ran;		     /* the program spoke with the client */
	bool refused;		     /* the client was told of a refusal */
};

#endif
