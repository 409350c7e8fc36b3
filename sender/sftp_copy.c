/* SPDX-License-Identifier: Apache-2.0 */
#include "sender/sftp_copy.h"

#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum {
	PAUSE_FIRST_MS = 1000,
	PAUSE_MOST_MS = 30000,
	STEADY_MS = 60000, /* after a session of this length, the count of losses starts again */
	SAID_MAX = 3 * SFTP_PATH_MAX,
	SAY_WAIT_MS = 5000,
	FINISH_MS = SFTP_FINISH_MINUTES * 60 * 1000,
};

static void on_tick(void *user)
{
	struct sftp_copy *const copy = user;

	if (copy->wait_ms != 0 && clock_ms() >= copy->wait_ms) {
		copy->wait_ms = 0;
		copy->host.calls->on_wait(copy->host.user);
	}
	copy->host.calls->on_tick(copy->host.user);
}

static bool begin(struct sftp_copy *copy)
{
	const struct sftp_watch watch = {
		.cancel_fd = copy->host.cancel_fd,
		.end_ms = copy->host.end_ms,
		.on_tick = on_tick,
		.user = copy,
	};
	struct sftp_program program = { .words = NULL };

	copy->began_ms = clock_ms();
	if (!copy->host.calls->prepare(copy->host.user, &program)) {
		copy->session.broken = SFTP_NOT_SERVED;
		return false;
	}
	copy->child = -1;
	if (!sftp_session_start(&copy->session, &program, &watch) && copy->session.child.pid < 0)
		return false;
	copy->child = copy->session.child.pid;
	if (copy->host.calls->on_child != NULL)
		copy->host.calls->on_child(copy->host.user, copy->child, true);
	return copy->session.broken == SFTP_WHOLE;
}

static int end(struct sftp_copy *copy)
{
	const int status = sftp_session_end(&copy->session);

	if (copy->child > 0 && copy->host.calls->on_child != NULL)
		copy->host.calls->on_child(copy->host.user, copy->child, false);
	copy->child = -1;
	return status;
}

void sftp_copy_limit(struct sftp_copy *copy, int64_t end_ms)
{
	copy->host.end_ms = end_ms;
	copy->session.watch.end_ms = end_ms;
}

bool sftp_copy_open(struct sftp_copy *out, const struct sftp_host *host)
{
	memset(out, 0, sizeof(*out));
	out->host = *host;
	out->session.stream = -1;
	for (unsigned i = 0; i <= SFTP_LARGE; i++)
		out->slots[i].fd = -1;
	return begin(out);
}

int sftp_copy_close(struct sftp_copy *copy)
{
	const int status = end(copy);

	for (unsigned i = 0; i <= SFTP_LARGE; i++)
		if (copy->slots[i].fd >= 0)
			close(copy->slots[i].fd);
	return status;
}

/* Returns false if cancelled. */
static bool pause_before(const struct sftp_copy *copy, int loss)
{
	struct pollfd cancel = { .fd = copy->host.cancel_fd, .events = POLLIN };
	int ms = PAUSE_FIRST_MS;

	while (--loss > 0 && ms < PAUSE_MOST_MS)
		ms *= 2;
	return poll(&cancel, 1, ms < PAUSE_MOST_MS ? ms : PAUSE_MOST_MS) == 0;
}

bool sftp_copy_again(struct sftp_copy *copy)
{
	if (copy->session.broken != SFTP_LOST)
		return false;
	copy->unheard = true;
	if (clock_ms() - copy->began_ms >= STEADY_MS)
		copy->losses = 0;
	while (copy->losses < copy->host.retries) {
		(void)end(copy);
		copy->losses++;
		sftp_copy_say(copy, "the connection was lost; trying again");
		if (!pause_before(copy, copy->losses)) {
			copy->session.broken = SFTP_STOPPED;
			return false;
		}
		if (begin(copy))
			return true;
		if (copy->session.broken != SFTP_NOT_SERVED || copy->host.calls->is_refused(copy->host.user))
			return false;
	}
	copy->session.broken = SFTP_LOST;
	return false;
}

bool sftp_copy_begin(struct sftp_copy *copy)
{
	if (begin(copy))
		return true;
	if (copy->session.broken == SFTP_NOT_SERVED && !copy->host.calls->is_refused(copy->host.user))
		copy->session.broken = SFTP_LOST;
	return sftp_copy_again(copy);
}

bool sftp_copy_finish(struct sftp_copy *copy, int *status)
{
	bool good;

	do {
		copy->wait_ms = clock_ms() + SAY_WAIT_MS;
		good = sftp_session_finish(&copy->session, FINISH_MS, status);
		copy->wait_ms = 0;
	} while (!good && sftp_copy_again(copy));
	(void)end(copy);
	return good;
}

bool sftp_copy_ask(struct sftp_copy *copy, struct sftp_request *request, enum sftp_type type, struct sftp_reply *out)
{
	while (!sftp_session_ask(&copy->session, request, type, out))
		if (!sftp_copy_again(copy))
			return false;
	return true;
}

static PRINTF(2, 0) void say(const struct sftp_copy *copy, const char *format, va_list args)
{
	char text[SAID_MAX];

	(void)vsnprintf(text, sizeof(text), format, args);
	copy->host.calls->say(copy->host.user, text);
}

void sftp_copy_say(const struct sftp_copy *copy, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	say(copy, format, args);
	va_end(args);
}

bool sftp_copy_fail(struct sftp_copy *copy, const char *format, ...)
{
	va_list args;

	copy->failed = true;
	va_start(args, format);
	say(copy, format, args);
	va_end(args);
	return false;
}

void sftp_slot_fail(struct sftp_slot *slot, const char *what, uint32_t status)
{
	if (slot->failed == NULL) {
		slot->failed = what;
		slot->status = status;
	}
}

void sftp_slot_fill(struct sftp_copy *copy, struct sftp_slot *slot, int fd, const struct stat *st)
{
	slot->fd = fd;
	slot->st = *st;
	slot->failed = NULL;
	strcpy(slot->local, copy->local);
	strcpy(slot->remote, copy->remote);
}
