/* SPDX-License-Identifier: Apache-2.0 */
/* sftp_copy: files copied over SFTP sessions, to the other end and from it, with what scp -r would make there.
 * Holes and blocks of zeros are not sent: the far file is emptied first and gets its size at the end.
 * Only requests that rssh-nova lets through, and SETSTAT for the mode of a directory that was made, as scp sends it.
 * A session that is lost in the middle is begun again, and the copy goes on behind what was acknowledged, if both
 * files are found as they were left.
 * Takes:   local names, remote paths, and a host that begins sessions.
 * Fails:   an error of the other end or of this one was said by then; one of the session is in session.broken.
 * Owns:    sftp_copy_open() ... sftp_copy_close(). About a megabyte, whatever is copied: put it on the heap.
 * Source:  scp.c and sftp-client.c of OpenSSH 9. */
#ifndef SENDER_SFTP_COPY_H
#define SENDER_SFTP_COPY_H

#include <sys/stat.h>

#include "sender/sftp_session.h"

enum {
	SFTP_SLOTS = 16,	    /* small files on their way at a time */
	SFTP_SMALL_MAX = 64 * 1024, /* bytes; such a file goes whole */
	SFTP_LARGE = SFTP_SLOTS,    /* the slot of the one large file */
	SFTP_SHORT_MAX = SFTP_FLIGHT_MAX,
};

struct sftp_tally {
	uint64_t files, data, holes; /* bytes of data that were acknowledged, and bytes that needed no sending */
};

/* What a host does for its sessions, in the order in which the tables have it. */
struct sftp_calls {
	/* Fills in how to begin a session, after making sure of the connection. Returns false when that cannot be. */
	bool (*prepare)(void *user, struct sftp_program *out);
	/* After a session was lost and none began: is it no use to try again? */
	bool (*is_refused)(void *user);
	/* A line for a person, in scp's words. Names in it are as they are on this end. */
	void (*say)(void *user, const char *text);
	void (*on_tick)(void *user);
	/* So many more bytes were dealt with, of the local file or of the remote one. */
	void (*on_progress)(void *user, uint64_t bytes);
	/* The program of a session was begun, or has ended. May be NULL. */
	void (*on_child)(void *user, pid_t pid, bool begun);
};

struct sftp_host {
	const struct sftp_calls *calls;
	void *user;
	int cancel_fd;	/* -1 for never */
	int64_t end_ms; /* of the monotonic clock; 0 for none */
	int retries;	/* sessions that are begun again */
	bool dense;	/* zeros and holes are written, too */
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
	const char *failed; /* what failed on the other end, or NULL */
	bool unread;	    /* the local file could not be read, and that was said */
	uint32_t status;
	struct sftp_handle handle;
	char local[SFTP_PATH_MAX], remote[SFTP_PATH_MAX];
};

/* By which a local file is known again. */
struct sftp_near {
	uint64_t size, inode;
	int64_t seconds, nanoseconds; /* when it was changed last */
};

/* How far a large file is, for another run to go on from there. */
struct sftp_resume {
	bool is_set;
	uint64_t next, acknowledged; /* as those of struct sftp_large; all below next needs no sending */
	uint32_t mtime;		     /* of the far file, when it was begun */
	struct sftp_near near;
};

/* The one large file on its way. */
struct sftp_large {
	uint64_t next;	       /* all below it was sent, or needs no sending */
	uint64_t acknowledged; /* the end of the acknowledged write that reaches farthest */
	uint64_t sent;	       /* the end of the write that reaches farthest */
	uint32_t mtime;	       /* of the far file, when it was begun */
	uint64_t holes;	       /* bytes that needed no sending */
	bool begun, dense;
	bool in_place; /* it may be the local file itself, and is never emptied */
};

/* A file that is fetched. */
struct sftp_fetch {
	int fd;
	uint64_t next;	     /* all below it was asked for */
	uint64_t written;    /* the end of what was received */
	uint64_t end;	     /* where the remote file ended, UINT64_MAX while that is not known */
	uint32_t status;     /* of a read that failed */
	int error;	     /* errno of a write that failed */
	unsigned char *back; /* where a part that is only compared goes, or NULL */
	uint32_t back_len;
	unsigned shorts; /* parts that came shorter than asked for, to be asked for again */
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
	pid_t child;	  /* that was told to the host, or -1 */
	int64_t began_ms; /* the session, on the monotonic clock */
	bool failed;	  /* something was not copied, and that was said */
	struct sftp_slot slots[SFTP_SLOTS + 1];
	struct sftp_large large;
	struct sftp_resume resume; /* from where the next large file is to be continued */
	struct sftp_fetch fetch;
	char local[SFTP_PATH_MAX], remote[SFTP_PATH_MAX]; /* where the walk through a tree is */
	unsigned char chunk[SFTP_DATA_MAX];
};

/* Begins a session. Fails with session.broken; sftp_copy_close() is due in either case. */
MUST_USE bool sftp_copy_open(struct sftp_copy *out, const struct sftp_host *host);
/* Returns what sftp_session_end() does. */
int sftp_copy_close(struct sftp_copy *copy);
/* Sets host.end_ms anew, for the next file. */
void sftp_copy_limit(struct sftp_copy *copy, int64_t end_ms);

/* For the files of sftp_copy alone. */

/* After a session was lost: begins another. Returns false when there is none to be had. */
MUST_USE bool sftp_copy_again(struct sftp_copy *copy);
/* sftp_session_ask() of a request that may be sent twice. */
MUST_USE bool sftp_copy_ask(
	struct sftp_copy *copy, struct sftp_request *request, enum sftp_type type, struct sftp_reply *out);
PRINTF(2, 3) void sftp_copy_say(const struct sftp_copy *copy, const char *format, ...);
/* The same, and something was not copied. Returns false. */
PRINTF(2, 3) bool sftp_copy_fail(struct sftp_copy *copy, const char *format, ...);
/* Keeps the first failure of a file at the far end. what and status are for a message. */
void sftp_slot_fail(struct sftp_slot *slot, const char *what, uint32_t status);
/* Puts an open local file with the names in copy->local and copy->remote into a slot. */
void sftp_slot_fill(struct sftp_copy *copy, struct sftp_slot *slot, int fd, const struct stat *st);

#endif
