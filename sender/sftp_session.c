/* SPDX-License-Identifier: Apache-2.0 */
#include "sender/sftp_session.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

enum {
	TICK_MS = 200,
	SEND_BUFFER = 1024 * 1024, /* bytes; a larger buffer means fewer turns */
	DATA_LEAST = 1024,	   /* a server with smaller limits is refused */
	END_WAIT_MS = 2000,
	STATUS_SSH = 255, /* ssh(1): its own error, or a broken connection */
};

static bool fail(struct sftp_session *session, enum sftp_broken broken)
{
	if (session->broken == SFTP_WHOLE)
		session->broken = broken;
	return false;
}

/* Can this type of reply answer the request? An error status can answer any. */
static bool fits(enum sftp_type request, enum sftp_type reply)
{
	switch (request) {
	case SFTP_OPEN:
		return reply == SFTP_HANDLE || reply == SFTP_STATUS;
	case SFTP_READ:
		return reply == SFTP_DATA || reply == SFTP_STATUS;
	case SFTP_STAT:
	case SFTP_FSTAT:
		return reply == SFTP_ATTRS || reply == SFTP_STATUS;
	case SFTP_EXTENDED:
		return reply == SFTP_EXTENDED_REPLY || reply == SFTP_STATUS;
	case SFTP_CLOSE:
	case SFTP_WRITE:
	case SFTP_SETSTAT:
	case SFTP_FSETSTAT:
	case SFTP_MKDIR:
		return reply == SFTP_STATUS;
	case SFTP_NONE:
	case SFTP_INIT:
	case SFTP_VERSION:
	case SFTP_STATUS:
	case SFTP_HANDLE:
	case SFTP_DATA:
	case SFTP_ATTRS:
	case SFTP_EXTENDED_REPLY:
		break;
	}
	return false;
}

/* Status "OK" cannot answer a request for a value. */
static bool is_lie(const struct sftp_pending *pending, const struct sftp_reply *reply)
{
	const bool wants_value = pending->type == SFTP_OPEN || pending->type == SFTP_READ ||
		pending->type == SFTP_STAT || pending->type == SFTP_FSTAT || pending->type == SFTP_EXTENDED;

	if (!fits(pending->type, reply->type))
		return true;
	if (wants_value && reply->type == SFTP_STATUS && reply->status == SFTP_OK)
		return true;
	return reply->type == SFTP_DATA && (reply->len > pending->len || reply->len == 0);
}

/* Copies what the answer borrows, because the buffer moves next. */
static void answer_keep(struct sftp_session *session, const struct sftp_reply *reply)
{
	session->answer = *reply;
	session->answer.bytes = NULL;
	session->asked = false;
	if (reply->type == SFTP_EXTENDED_REPLY && !sftp_limits_read(&session->answer_limits, reply))
		session->answer_limits = (struct sftp_limits){ .read = SFTP_DATA_SAFE, .write = SFTP_DATA_SAFE };
	if (reply->type != SFTP_HANDLE)
		return;
	session->answer_handle.len = (uint32_t)reply->len;
	memcpy(session->answer_handle.bytes, reply->bytes, reply->len);
	session->answer.bytes = session->answer_handle.bytes;
}

/* A number in flight is in [first, next), modulo 2^32. */
static bool reply_take(struct sftp_session *session, const struct sftp_reply *reply)
{
	const uint32_t at = reply->id % SFTP_FLIGHT_MAX;
	const struct sftp_pending pending = session->flight[at].pending;

	if (reply->id - session->first >= session->next - session->first || session->flight[at].answered ||
		is_lie(&pending, reply))
		return fail(session, SFTP_LIED);
	session->flight[at].answered = true;
	while (session->first != session->next && session->flight[session->first % SFTP_FLIGHT_MAX].answered)
		session->first++;
	/* sftp_session_ask() waits for the last request. */
	if (session->asked && reply->id == session->next - 1)
		answer_keep(session, reply);
	else if (pending.on_answer != NULL)
		pending.on_answer(session->watch.user, &pending, reply);
	return true;
}

/* The first packet, which has no number. */
static bool greeting_take(struct sftp_session *session, const struct sftp_reply *reply)
{
	if (reply->type != SFTP_VERSION || reply->id != SFTP_VERSION_OURS)
		return fail(session, SFTP_NOT_SERVED);
	session->greeted = true;
	session->has_limits = sftp_announces(reply, "limits@openssh.com");
	return true;
}

/* Handles all complete packets. */
static bool packets_take(struct sftp_session *session)
{
	size_t at = 0;

	while (session->broken == SFTP_WHOLE) {
		const int64_t len = sftp_packet_length(session->in + at, session->used - at);
		struct sftp_reply reply;

		if (len < 0)
			return fail(session, SFTP_LIED);
		if (len == 0 || session->used - at < (size_t)len + SFTP_LENGTH_SIZE)
			break;
		if (!sftp_reply_read(&reply, session->in + at + SFTP_LENGTH_SIZE, (size_t)len))
			return fail(session, SFTP_LIED);
		if (session->greeted ? !reply_take(session, &reply) : !greeting_take(session, &reply))
			return false;
		at += (size_t)len + SFTP_LENGTH_SIZE;
	}
	memmove(session->in, session->in + at, session->used - at);
	session->used -= at;
	return session->broken == SFTP_WHOLE;
}

/* Reads once, and handles the complete packets. */
static bool stream_read(struct sftp_session *session)
{
	const ssize_t len =
		recv(session->stream, session->in + session->used, sizeof(session->in) - session->used, MSG_DONTWAIT);

	if (len < 0 && (errno == EAGAIN || errno == EINTR))
		return true;
	if (len <= 0)
		return fail(session, SFTP_LOST);
	session->used += (size_t)len;
	return packets_take(session);
}

static bool look_at_clock(struct sftp_session *session)
{
	const int64_t now = clock_ms();

	if (session->watch.end_ms != 0 && now >= session->watch.end_ms)
		return fail(session, SFTP_TIMED_OUT);
	if (now < session->next_tick)
		return true;
	session->next_tick = now + TICK_MS;
	if (session->watch.on_tick != NULL)
		session->watch.on_tick(session->watch.user);
	return true;
}

/* Sleeps until there is something to read, or room to write if writing, or a tick is due. */
static bool turn(struct sftp_session *session, bool writing, bool *writable)
{
	struct pollfd fds[] = {
		{ .fd = session->stream, .events = (short)(writing ? POLLIN | POLLOUT : POLLIN) },
		{ .fd = session->watch.cancel_fd, .events = POLLIN },
		{ .fd = session->child.out, .events = POLLIN },
	};

	if (session->broken != SFTP_WHOLE || !look_at_clock(session))
		return false;
	(void)poll(fds, N_ELEMENTS(fds), TICK_MS);
	if ((fds[1].revents & POLLIN) != 0)
		return fail(session, SFTP_STOPPED);
	if (fds[2].revents != 0)
		child_drain(&session->child);
	*writable = (fds[0].revents & POLLOUT) != 0;
	return (fds[0].revents & (POLLIN | POLLHUP | POLLERR)) == 0 || stream_read(session);
}

/* Drops the first len bytes of two vectors. */
static void vectors_advance(struct iovec vectors[2], size_t len)
{
	for (unsigned i = 0; i < 2; i++) {
		const size_t part = len < vectors[i].iov_len ? len : vectors[i].iov_len;

		vectors[i].iov_base = (char *)vectors[i].iov_base + part;
		vectors[i].iov_len -= part;
		len -= part;
	}
}

/* Writes everything, and handles replies meanwhile, so that a server that waits for us to read can go on. */
static bool stream_write(
	struct sftp_session *session, const struct sftp_request *request, const void *data, size_t data_len)
{
	struct iovec vectors[2] = {
		{ .iov_base = (void *)(uintptr_t)request->bytes, .iov_len = request->used },
		{ .iov_base = (void *)(uintptr_t)data, .iov_len = data_len },
	};
	const struct msghdr message = { .msg_iov = vectors, .msg_iovlen = 2 };
	bool writable = true;

	while (vectors[0].iov_len + vectors[1].iov_len > 0) {
		const ssize_t len = !writable ? 0 : sendmsg(session->stream, &message, MSG_NOSIGNAL | MSG_DONTWAIT);

		if (len < 0 && errno != EAGAIN && errno != EINTR)
			return fail(session, SFTP_LOST);
		if (len > 0)
			vectors_advance(vectors, (size_t)len);
		else if (!turn(session, true, &writable))
			return false;
	}
	return true;
}

unsigned sftp_session_flying(const struct sftp_session *session)
{
	unsigned flying = 0;

	for (uint32_t id = session->first; id != session->next; id++)
		flying += !session->flight[id % SFTP_FLIGHT_MAX].answered;
	return flying;
}

bool sftp_session_turn(struct sftp_session *session)
{
	bool writable;

	return session->first == session->next || turn(session, false, &writable);
}

bool sftp_session_wait(struct sftp_session *session, unsigned flying)
{
	while (sftp_session_flying(session) > flying)
		if (!sftp_session_turn(session))
			return false;
	return session->broken == SFTP_WHOLE;
}

bool sftp_session_send(struct sftp_session *session, struct sftp_request *request, const void *data,
	const struct sftp_pending *pending)
{
	const uint32_t at = session->next % SFTP_FLIGHT_MAX;

	if (request->full)
		return fail(session, SFTP_LOCAL);
	/* Waits until the oldest request is answered: later answers do not free its place. */
	while (session->next - session->first == SFTP_FLIGHT_MAX)
		if (!sftp_session_turn(session))
			return false;
	if (session->broken != SFTP_WHOLE || !look_at_clock(session))
		return false;
	sftp_request_number(request, session->next);
	session->flight[at].pending = *pending;
	session->flight[at].answered = false;
	session->next++;
	return stream_write(session, request, data, data == NULL ? 0 : pending->len);
}

bool sftp_session_ask(
	struct sftp_session *session, struct sftp_request *request, enum sftp_type type, struct sftp_reply *out)
{
	session->asked = true;
	if (!sftp_session_send(session, request, NULL, &(struct sftp_pending){ .type = type }))
		return false;
	while (session->asked)
		if (!sftp_session_turn(session))
			return false;
	*out = session->answer;
	return true;
}

static uint32_t data_max(uint64_t limit)
{
	return limit == 0 || limit > SFTP_DATA_MAX ? SFTP_DATA_MAX : (uint32_t)limit;
}

/* Asks for the limits of the server. Without an answer, SFTP_DATA_SAFE holds. */
static bool limits_ask(struct sftp_session *session)
{
	struct sftp_request request;
	struct sftp_reply reply;

	sftp_limits_write(&request);
	if (!sftp_session_ask(session, &request, SFTP_EXTENDED, &reply))
		return false;
	if (reply.type == SFTP_EXTENDED_REPLY) {
		session->read_max = data_max(session->answer_limits.read);
		session->write_max = data_max(session->answer_limits.write);
	}
	return (session->read_max >= DATA_LEAST && session->write_max >= DATA_LEAST) || fail(session, SFTP_LIED);
}

static bool greet(struct sftp_session *session)
{
	struct sftp_request request;
	bool writable;

	sftp_init_write(&request);
	if (!stream_write(session, &request, NULL, 0))
		return false;
	while (!session->greeted)
		if (!turn(session, false, &writable))
			return false;
	return !session->has_limits || limits_ask(session);
}

bool sftp_session_start(struct sftp_session *out, const struct sftp_program *program, const struct sftp_watch *watch)
{
	const int64_t end = watch->end_ms;
	const int size = SEND_BUFFER;

	*out = (struct sftp_session){ .stream = -1, .watch = *watch };
	out->read_max = out->write_max = SFTP_DATA_SAFE;
	output_init(&out->output, program->on_line, program->user);
	if (!child_start_stream(&out->child, program->words, program->environment, &out->output, &out->stream))
		return fail(out, SFTP_LOCAL);
	(void)setsockopt(out->stream, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
	out->watch.end_ms = clock_ms() + program->start_ms;
	if (end != 0 && end < out->watch.end_ms)
		out->watch.end_ms = end;
	if (greet(out)) {
		out->watch.end_ms = end;
		return true;
	}
	if (out->broken == SFTP_LOST || out->broken == SFTP_LIED)
		out->broken = SFTP_NOT_SERVED;
	return fail(out, SFTP_NOT_SERVED);
}

static void stream_close(struct sftp_session *session)
{
	if (session->stream >= 0)
		close(session->stream);
	session->stream = -1;
}

static bool on_finish_tick(void *user, pid_t pid)
{
	const struct sftp_watch *const watch = user;

	(void)pid;
	if (watch->on_tick != NULL)
		watch->on_tick(watch->user);
	return true;
}

/* Returns the milliseconds until the end of the session's time, at least one; 0 if it has no limit. */
static int64_t time_left(const struct sftp_session *session)
{
	const int64_t left = session->watch.end_ms - clock_ms();

	if (session->watch.end_ms == 0)
		return 0;
	return left > 0 ? left : 1;
}

bool sftp_session_finish(struct sftp_session *session, int64_t most_ms, int *status)
{
	const int64_t left = time_left(session);
	const bool limited = left != 0 && left < most_ms;
	const struct child_watch watch = {
		.cancel_fd = session->watch.cancel_fd,
		.timeout_ms = limited ? left : most_ms,
		.tick_ms = TICK_MS,
		.on_tick = on_finish_tick,
		.user = &session->watch,
	};

	if (session->broken != SFTP_WHOLE)
		return false;
	stream_close(session);
	switch (child_wait(&session->child, &watch)) {
	case CHILD_EXITED:
		if (session->child.status == STATUS_SSH)
			break;
		*status = session->child.status;
		return true;
	case CHILD_CANCELLED:
		return fail(session, SFTP_STOPPED);
	case CHILD_TIMED_OUT:
		return fail(session, limited ? SFTP_TIMED_OUT : SFTP_UNHEARD);
	case CHILD_SIGNALLED:
	case CHILD_NOT_STARTED:
	case CHILD_RUNNING:
		break;
	}
	return fail(session, SFTP_LOST);
}

/* The server should end at the end of its input. If it does not, it is killed. */
int sftp_session_end(struct sftp_session *session)
{
	stream_close(session);
	if (session->child.fate == CHILD_RUNNING) {
		if (session->broken == SFTP_WHOLE || session->broken == SFTP_LOST || session->broken == SFTP_NOT_SERVED)
			(void)child_has_ended(&session->child, END_WAIT_MS);
		child_stop(&session->child);
	}
	return session->broken == SFTP_WHOLE && session->child.fate == CHILD_EXITED ? session->child.status : 0;
}
