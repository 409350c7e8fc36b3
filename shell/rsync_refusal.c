/* SPDX-License-Identifier: Apache-2.0 */
#include "shell/rsync_refusal.h"

#include <endian.h>
#include <limits.h>
#include <poll.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "shell/say.h"

enum {
	CLIENT_MIN = 31, /* a client of this version knows MSG_ERROR_EXIT with a status, */
	OURS = 30,	 /* at 31 it answers that message, but has ended its ssh: so we speak 30 */
	CLIENT_MAX = 40,
	MPLEX_BASE = 7,
	MSG_ERROR = 3,
	MSG_ERROR_EXIT = 86,
	SEED = 1,
	ANSWER_MAX = 4 + 1 + 4 + 4 + RSYNC_REFUSAL_LINE_MAX + 4 + 4,
};

struct answer {
	size_t len;
	char at[ANSWER_MAX];
};

bool rsync_refusal_fits(struct bytes command)
{
	static const char server[] = "rsync --server ";
	const size_t len = sizeof(server) - 1;

	return command.len > len && memcmp(command.at, server, len) == 0;
}

/* Reads once. Returns the bytes, 0 at the end, or -1 if nothing arrived by until. */
static ssize_t read_by(int64_t until, char *at, size_t size)
{
	struct pollfd in = { .fd = STDIN_FILENO, .events = POLLIN };
	const int64_t left = until - clock_ms();

	return left > 0 && poll(&in, 1, (int)left) == 1 ? read(STDIN_FILENO, at, size) : -1;
}

static bool client_understands(void)
{
	const int64_t until = clock_ms() + RSYNC_REFUSAL_WAIT_MS;
	uint32_t version;
	char bytes[sizeof(version)];

	for (size_t used = 0; used < sizeof(bytes);) {
		const ssize_t len = read_by(until, bytes + used, sizeof(bytes) - used);

		if (len <= 0)
			return false;
		used += (size_t)len;
	}
	memcpy(&version, bytes, sizeof(version));
	version = le32toh(version);
	return version >= CLIENT_MIN && version <= CLIENT_MAX;
}

static void put(struct answer *answer, const void *at, size_t len)
{
	memcpy(answer->at + answer->len, at, len);
	answer->len += len;
}

static void put_number(struct answer *answer, uint32_t number)
{
	const uint32_t little = htole32(number);

	put(answer, &little, sizeof(little));
}

static void put_message(struct answer *answer, unsigned code, size_t len)
{
	put_number(answer, ((MPLEX_BASE + code) << 24) | (uint32_t)len);
}

/* Without compatibility flags nothing is negotiated: the seed follows at once, and then messages. */
static void answer_make(struct answer *out, const char *line, size_t len, int status)
{
	out->len = 0;
	put_number(out, OURS);
	put(out, "", 1);
	put_number(out, SEED);
	put_message(out, MSG_ERROR, len);
	put(out, line, len);
	put_message(out, MSG_ERROR_EXIT, 4);
	put_number(out, (uint32_t)status);
}

/* A client that writes its whole list before it reads must not meet EPIPE: it would exit with 10. */
static void drain(void)
{
	const int64_t until = clock_ms() + RSYNC_REFUSAL_WAIT_MS;
	char bytes[PIPE_BUF];

	while (read_by(until, bytes, sizeof(bytes)) > 0)
		;
}

bool rsync_refusal_send(const char *line, size_t len, int status)
{
	struct answer answer;

	if (len > RSYNC_REFUSAL_LINE_MAX || !client_understands())
		return false;
	answer_make(&answer, line, len, status);
	if (!say_to(STDOUT_FILENO, answer.at, answer.len))
		return false;
	drain();
	return true;
}
