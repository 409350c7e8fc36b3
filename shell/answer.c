/* SPDX-License-Identifier: Apache-2.0 */
#include "shell/answer.h"

#include "shell/whole_io.h"

static enum answer_part read_header(struct answer *answer, int daemon)
{
	const ssize_t got = read_some(daemon, answer->head + answer->head_len, RPC_HEADER - answer->head_len);

	if (got <= 0)
		return ANSWER_GONE;
	answer->head_len += (size_t)got;
	if (answer->head_len < RPC_HEADER)
		return ANSWER_PART_OF_HEADER;
	rpc_header_read(&answer->header, answer->head);
	if (answer->header.length < RPC_HEADER)
		return ANSWER_GONE;
	answer->left = answer->header.length - RPC_HEADER;
	answer->head_len = answer->first_len = 0;
	answer->part = (struct bytes){ answer->head, RPC_HEADER };
	return ANSWER_HEADER;
}

static enum answer_part read_body(struct answer *answer, int daemon)
{
	const size_t want = answer->left < ANSWER_PART_MAX ? answer->left : ANSWER_PART_MAX;
	const ssize_t got = read_some(daemon, answer->chunk, want);

	if (got <= 0)
		return ANSWER_GONE;
	answer->part = (struct bytes){ answer->chunk, (size_t)got };
	answer->left -= (uint32_t)got;
	for (ssize_t i = 0; i < got && answer->first_len < sizeof(answer->first); i++)
		answer->first[answer->first_len++] = answer->chunk[i];
	return ANSWER_PART_OF_BODY;
}

enum answer_part answer_read(struct answer *answer, int daemon)
{
	enum answer_part part;

	answer->part = (struct bytes){ "", 0 };
	part = answer->left != 0 ? read_body(answer, daemon) : read_header(answer, daemon);
	answer->whole = part > ANSWER_PART_OF_HEADER && answer->left == 0;
	return part;
}

struct bytes answer_first(const struct answer *answer)
{
	return (struct bytes){ answer->first, answer->first_len };
}
