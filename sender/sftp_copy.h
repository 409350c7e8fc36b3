/* SPDX-License-Identifier: Apache-2.0 */
/* sftp_copy: the state of copies over SFTP, in both directions, with the result of scp -r. sftp_push and sftp_pull do
 * them. Holes and blocks of zeros are not sent: the far file is emptied first and gets its size at the end.
 * Sends only requests that rssh-nova allows, and SETSTAT for the mode of a new directory, as scp does.
 * After a lost session the copy reconnects and continues behind the last acknowledgement, if both files are unchanged.
 * Takes:   local names, remote paths, and a host that starts sessions.
 * Fails:   after reporting an error of either end; an error of the session is in session.broken.
 * Owns:    sftp_copy_open() ... sftp_copy_close(). About a megabyte, whatever is copied: allocate it on the heap.
 * Source:  scp.c and sftp-client.c of OpenSSH 9. */
#ifndef SENDER_SFTP_COPY_H
#define SENDER_SFTP_COPY_H

#include <sys/stat.h>

#include "sender/sftp_session.h"

enum {
	SFTP_SLOTS = 16,	    /* small files in flight at a time */
	SFTP_SMALL_MAX = 64 * 1024, /* bytes; a small file is sent whole */
	SFTP_LARGE = SFTP_SLOTS,    /* the slot of the one large file */
	SFTP_SHORT_MAX = SFTP_FLIGHT_MAX,
	SFTP_FINISH_MINUTES = 15, /* for the far end to judge the files of a session */
};

struct sftp_tally {
	uint64_t files, data, holes; /* acknowledged bytes of data; bytes that were not sent */
};

/* What the host of a copy does for it. Tables list the members in this order. */
struct sftp_calls {
	/* Connects if needed, and fills in the program of a session. Returns false on failure. */
	bool (*prepare)(void *user, struct sftp_program *out);
	/* After a lost session and a failed reconnect: is a retry useless? */
	bool (*is_refused)(void *user);
	/* Shows a line to a person, in scp's words. It has local names, unescaped. */
	void (*say)(void *user, const char *text);
	void (*on_tick)(void *user);
	/* That many more bytes of the file are finished. */
	void (*on_progress)(void *user, uint64_t bytes);
	/* The program of a session has started or ended. May be NULL. */
	void (*on_child)(void *user, pid_t pid, bool begun);
	/* The far end takes long to end the session. Called once for each wait. */
	void (*on_wait)(void *user);
};

struct sftp_host {
	const struct sftp_calls *calls;
	void *user;
	int cancel_fd;	/* -1 for never */
	int64_t end_ms; /* of the monotonic clock; 0 for none */
	int retries;	/* reconnects after lost sessions */
	bool dense;	/* write zeros and holes, too */
};

enum sftp_slot_state {
	SFTP_SLOT_FREE,
	SFTP_SLOT_WAITING, /* to be opened */
	SFTP_SLOT_OPENING,
	SFTP_SLOT_OPEN, /* to be written */
	SFTP_SLOT_CLOSING,
	SFTP_SLOT_DONE,
};

struct sftp_slot {
	enum sftp_slot_state state;
	int fd;
	struct stat st;	    /* of the local file, when it was opened */
	const char *failed; /* what failed at the far end, or NULL */
	bool unread;	    /* the local file could not be read, and that was reported */
	uint32_t status;
	struct sftp_handle handle;
	char local[SFTP_PATH_MAX], remote[SFTP_PATH_MAX];
};

/* Recognizes a local file. */
struct sftp_near {
	uint64_t size, inode;
	int64_t seconds, nanoseconds; /* of the last change */
};

/* How far a large file is, so that another run can continue. */
struct sftp_resume {
	bool is_set;
	uint64_t next, acknowledged; /* as in struct sftp_large; everything below next is done */
	uint32_t mtime;		     /* of the far file, when it was begun */
	struct sftp_near near;
};

/* The one large file in flight. */
struct sftp_large {
	uint64_t next;	       /* everything below was sent, or is a hole */
	uint64_t acknowledged; /* the highest end of an acknowledged write */
	uint64_t sent;	       /* the highest end of a write */
	uint32_t mtime;	       /* of the far file, when it was begun */
	uint64_t holes;	       /* bytes that were not sent */
	bool begun, dense;
	bool in_place; /* the far file may be the local file itself: never empty it */
};

/* The file that is fetched. */
struct sftp_fetch {
	int fd;
	uint64_t next;	     /* everything below was requested */
	uint64_t written;    /* the highest end of received data */
	uint64_t end;	     /* the end of the remote file; UINT64_MAX while unknown */
	uint64_t size;	     /* that the far end announced */
	bool longer;	     /* it sent more than that */
	uint32_t status;     /* of a failed read */
	int error;	     /* errno of a failed write */
	unsigned char *back; /* buffer for bytes that are only compared, or NULL */
	uint32_t back_len;
	unsigned shorts; /* number of parts that came short, to be requested again */
	struct {
		uint64_t offset;
		uint32_t len;
	} missing[SFTP_SHORT_MAX];
};

struct sftp_copy {
	struct sftp_session session;
	struct sftp_host host;
	struct sftp_tally tally;
	int losses;
	pid_t child;	  /* that the host knows, or -1 */
	int64_t began_ms; /* of the session, on the monotonic clock */
	bool failed;	  /* something was not copied, and that was reported */
	bool unheard;	  /* a session was lost, and with it what the far end said about the files in it */
	int64_t wait_ms;  /* when on_wait is due, on the monotonic clock; 0 for never */
	struct sftp_slot slots[SFTP_SLOTS + 1];
	struct sftp_large large;
	struct sftp_resume resume; /* where to continue the next large file */
	struct sftp_fetch fetch;
	char local[SFTP_PATH_MAX], remote[SFTP_PATH_MAX]; /* the current place in the tree */
	unsigned char chunk[SFTP_DATA_MAX];
};

/* Starts a session. Fails with session.broken. Call sftp_copy_close() in either case. */
MUST_USE bool sftp_copy_open(struct sftp_copy *out, const struct sftp_host *host);
/* Ends the session and waits for its exit status, by which rssh-nova accepts or refuses the files. After a lost session
 * another one, with nothing in it, asks again: rssh-nova judges the whole instance at the end of each. Fails with
 * session.broken. Call sftp_copy_close() in either case. If unheard is set, the end of a lost session may have deleted
 * a file: then see whether all are still there, in a session that begins after this. */
MUST_USE bool sftp_copy_finish(struct sftp_copy *copy, int *status);
/* Starts another session after sftp_copy_finish(). */
MUST_USE bool sftp_copy_begin(struct sftp_copy *copy);
/* Ends the session without waiting long. Returns the status of sftp_session_end(). */
int sftp_copy_close(struct sftp_copy *copy);
/* Sets host.end_ms for the next file. */
void sftp_copy_limit(struct sftp_copy *copy, int64_t end_ms);

/* For sftp_push, sftp_small, sftp_large and sftp_pull only. */

/* Starts another session after a lost one. Returns false if that fails. */
MUST_USE bool sftp_copy_again(struct sftp_copy *copy);
/* sftp_session_ask() for a request that may be sent twice. */
MUST_USE bool sftp_copy_ask(
	struct sftp_copy *copy, struct sftp_request *request, enum sftp_type type, struct sftp_reply *out);
PRINTF(2, 3) void sftp_copy_say(const struct sftp_copy *copy, const char *format, ...);
/* Says the same, and notes that something was not copied. Returns false. */
PRINTF(2, 3) bool sftp_copy_fail(struct sftp_copy *copy, const char *format, ...);
/* Keeps the first failure of a file at the far end. what and status are for a message. */
void sftp_slot_fail(struct sftp_slot *slot, const char *what, uint32_t status);
/* Puts an open local file with the names in copy->local and copy->remote into a slot. */
void sftp_slot_fill(struct sftp_copy *copy, struct sftp_slot *slot, int fd, const struct stat *st);

#endif
