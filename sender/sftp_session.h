/* SPDX-License-Identifier: Apache-2.0 */
/* sftp_session: one SFTP session over the stream of a program, such as ssh -s.
 * At most SFTP_FLIGHT_MAX requests are in flight. Each reply is matched with its request: a number that is not in
 * flight, or a reply of the wrong type, breaks the session.
 * Takes:   bytes of an untrusted server; holds SFTP_REPLY_MAX of them at a time.
 * Fails:   broken says why, and never changes again. output has the server's standard error.
 * Owns:    sftp_session_start() ... sftp_session_end(). No heap. */
#ifndef SENDER_SFTP_SESSION_H
#define SENDER_SFTP_SESSION_H

#include "policy/attributes.h"
#include "sender/child.h"
#include "sender/sftp.h"

enum {
	SFTP_FLIGHT_MAX = 128,
};

enum sftp_broken {
	SFTP_WHOLE,
	SFTP_NOT_SERVED, /* the program ended, or spoke another protocol, before the session began */
	SFTP_LOST,	 /* the program ended */
	SFTP_LIED,	 /* the server sent something that is not SFTP, or answers no request */
	SFTP_STOPPED,	 /* cancel_fd became readable */
	SFTP_TIMED_OUT,
	SFTP_UNHEARD, /* the program did not end, so that it gave no exit status */
	SFTP_LOCAL,   /* the program cannot be run: child.status */
};

struct sftp_pending;

/* Takes the reply to a request. It may not send: send after the waiting call has returned. */
typedef void sftp_answer_fn(void *user, const struct sftp_pending *pending, const struct sftp_reply *reply);

/* A request that waits for its reply. */
struct sftp_pending {
	enum sftp_type type; /* of the request */
	unsigned slot;
	uint64_t offset;
	uint32_t len;
	sftp_answer_fn *on_answer; /* NULL for the request of sftp_session_ask() */
};

struct sftp_watch {
	int cancel_fd;	/* -1 for never */
	int64_t end_ms; /* of the monotonic clock; 0 for none */
	/* Called about five times a second while a call waits or sends. May be NULL. */
	void (*on_tick)(void *user);
	void *user; /* also for each on_answer */
};

struct sftp_session {
	struct child child;
	struct output output;
	int stream;
	enum sftp_broken broken;
	struct sftp_watch watch;
	int64_t next_tick;
	uint32_t first, next; /* the numbers in flight are [first, next) */
	struct {
		struct sftp_pending pending;
		bool answered;
	} flight[SFTP_FLIGHT_MAX];
	bool greeted, has_limits;
	bool asked; /* sftp_session_ask() waits */
	struct sftp_reply answer;
	struct sftp_handle answer_handle;
	struct sftp_limits answer_limits;
	uint32_t read_max, write_max; /* bytes of data of one request */
	size_t used;
	unsigned char in[SFTP_LENGTH_SIZE + SFTP_REPLY_MAX];
};

struct sftp_program {
	const char *const *words;	/* absolute program first */
	const char *const *environment; /* NULL for the short list of child.h */
	output_line_fn *on_line;	/* gets the lines of standard error */
	void *user;
	int start_ms; /* milliseconds for the session to begin */
};

/* Starts the program and greets the server. Fails with out->broken; Call sftp_session_end() in either case. */
MUST_USE bool sftp_session_start(
	struct sftp_session *out, const struct sftp_program *program, const struct sftp_watch *watch);
/* Ends the input of the program and waits for its end, at most most_ms milliseconds. rssh-nova and scp's server use the
 * exit status to refuse a file after it was sent, which can take them long. Returns true and the status if the program
 * gave one. Fails with broken: a program that was killed, or gave ssh's own status 255, is SFTP_LOST. */
MUST_USE bool sftp_session_finish(struct sftp_session *session, int64_t most_ms, int *status);
/* Ends the session. Returns the exit status of the program if the session was whole and the program ended soon, else 0:
 * only for sessions whose status decides nothing. */
int sftp_session_end(struct sftp_session *session);

/* Sends a request, then pending->len bytes of data unless data is NULL. pending->on_answer gets the reply. */
MUST_USE bool sftp_session_send(struct sftp_session *session, struct sftp_request *request, const void *data,
	const struct sftp_pending *pending);

/* Sends a request and waits for its reply, *out. The bytes of a handle are valid until the next call. */
MUST_USE bool sftp_session_ask(
	struct sftp_session *session, struct sftp_request *request, enum sftp_type type, struct sftp_reply *out);

unsigned sftp_session_flying(const struct sftp_session *session);

/* Waits until at most that many requests are in flight. */
MUST_USE bool sftp_session_wait(struct sftp_session *session, unsigned flying);

/* Waits for a reply, if any request is in flight. */
MUST_USE bool sftp_session_turn(struct sftp_session *session);

#endif
