/* SPDX-License-Identifier: Apache-2.0 */
/* remotefs: files of another compute node, as OpenStack Nova handles them when it migrates an instance: the
 * five operations of class RemoteFilesystem in nova/virt/libvirt/volume/remotefs.py. Each sends exactly the
 * words of Nova's driver for the same transport.
 *
 * Takes:   a host and paths that may be wrong or hostile. Anything that could be an option, a shell word or a
 *          pattern is refused (REMOTEFS_BAD_ARGUMENT) before anything runs. Remote paths are absolute.
 * Returns: REMOTEFS_OK (0), or the error; then *fault holds the details.
 * Fails:   a failed operation may be repeated. No operation leaves a process, a socket or a temporary file behind.
 * Owns:    remotefs_open() returns a handle, and remotefs_close() frees it with its one multiplexed SSH connection.
 *          The first operation opens the connection. The handle borrows the strings of the options.
 * Threads: no globals. One handle serves one thread at a time. The thread must live until the operation ends: the
 *          kernel kills a child when its starter dies. SIGCHLD must not be ignored.
 * Source:  nova/virt/libvirt/volume/remotefs.py, nova/utils.py (ssh_execute), ssh(1), scp(1), rsync(1).
 * Units:   seconds and bytes, as the names say. */
#ifndef SENDER_REMOTEFS_H
#define SENDER_REMOTEFS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

enum remotefs_transport {
	REMOTEFS_NONE,
	REMOTEFS_SSH,	/* Nova's SshDriver: touch, rm, mkdir and scp over ssh */
	REMOTEFS_RSYNC, /* Nova's RsyncDriver: rsync alone, over ssh */
};

enum remotefs_error {
	REMOTEFS_OK,
	REMOTEFS_BAD_ARGUMENT, /* nothing was run */
	REMOTEFS_LOCAL,	       /* a local failure: a file, a program, memory */
	REMOTEFS_FAILED,       /* the far end, or its program, failed */
	REMOTEFS_REFUSED,      /* rssh-nova on the far end refused; see reason and ref */
	REMOTEFS_UNREACHABLE,  /* no connection, no login, or the connection broke */
	REMOTEFS_TIMED_OUT,
	REMOTEFS_CANCELLED, /* cancel_fd became readable */
	REMOTEFS_SHARED,    /* migrate only: both ends share this directory */
};

struct remotefs_fault {
	enum remotefs_error error;
	int status;	 /* exit status of the child, or errno for REMOTEFS_LOCAL; -1 if there is neither */
	char reason[64]; /* of a refusal, else "" */
	char ref[64];	 /* the audit reference of a refusal, else "" */
	char text[512];	 /* one line, printable ASCII */
	bool not_found;	 /* the far end said "No such file or directory" */
};

enum remotefs_event_kind {
	REMOTEFS_EVENT_NONE,
	REMOTEFS_EVENT_COMMAND,	 /* words: a local command before it runs, or in a dry run */
	REMOTEFS_EVENT_MESSAGE,	 /* text: a line from a child or from us, escaped to printable ASCII */
	REMOTEFS_EVENT_STEP,	 /* text, path: the next step of migrate */
	REMOTEFS_EVENT_PROGRESS, /* path, done, total: a running copy */
	REMOTEFS_EVENT_COPIED,	 /* path, files, done, holes, ms: a successful copy or migration over SFTP */
};

struct remotefs_event {
	enum remotefs_event_kind kind;
	const char *text, *path;
	const char *const *words; /* NULL-ended */
	int64_t done, total;	  /* bytes of data, without holes; total is 0 if unknown */
	int64_t files, holes;	  /* holes: bytes that were not sent, holes and zeros */
	int64_t ms;		  /* since the copy began */
};

struct remotefs_options {
	enum remotefs_transport transport;
	const char *ssh, *scp, *rsync;	/* programs; NULL for those in /usr/bin */
	const char *ssh_config;		/* ssh's -F, or NULL for ssh's own default */
	const char *const *ssh_options; /* NULL-ended words NAME=VALUE of ssh_config(5), before ours; or NULL */
	bool scp_legacy;		/* scp -O: the protocol of scp before OpenSSH 9 */
	int connect_seconds;		/* for one attempt to connect; 0 for 10 */
	int retries;			/* further attempts after one that did not reach the host */
	int timeout_seconds;		/* for one command; 0: 60 for commands that copy nothing, no limit for copies,
					   15 minutes for the verdict of the other end after copies over SFTP */
	int cancel_fd;			/* cancels when it becomes readable; -1 for never. Never read here */
	bool dense;			/* copies over SFTP write holes and zeros, too */
	bool dry_run;			/* commands become events and do not run */
	/* A child's life, as Nova's on_execute and on_completion; any may be NULL. */
	void (*on_execute)(void *user, pid_t pid);
	void (*on_completion)(void *user, pid_t pid);
	void (*on_event)(void *user, const struct remotefs_event *event);
	void *user;
};

struct remotefs;

/* host is [USER@]HOST, an IPv6 literal bare or in brackets. Runs nothing yet. Returns NULL on failure. */
struct remotefs *remotefs_open(const char *host, const struct remotefs_options *options, struct remotefs_fault *fault);
/* Closes the connection and removes its socket. fs may be NULL. */
void remotefs_close(struct remotefs *fs);

/* RemoteFilesystem.create_file: creates an empty file, or sets the times of an existing one. With ssh the directory
 * must exist; rsync creates it. */
enum remotefs_error remotefs_create_file(struct remotefs *fs, const char *path, struct remotefs_fault *fault);

/* RemoteFilesystem.remove_file. If the file does not exist, ssh fails and rsync does not, as in Nova. */
enum remotefs_error remotefs_remove_file(struct remotefs *fs, const char *path, struct remotefs_fault *fault);

/* RemoteFilesystem.create_dir: with its parents; succeeds if it exists. */
enum remotefs_error remotefs_create_dir(struct remotefs *fs, const char *path, struct remotefs_fault *fault);

/* RemoteFilesystem.remove_dir: with its content. */
enum remotefs_error remotefs_remove_dir(struct remotefs *fs, const char *path, struct remotefs_fault *fault);

enum remotefs_direction {
	REMOTEFS_PUSH, /* local to remote; a directory with its content */
	REMOTEFS_PULL, /* remote to local; one regular file, whatever the far end sends */
};

struct remotefs_copy {
	enum remotefs_direction direction;
	const char *local, *remote;
	bool compress;
};

/* RemoteFilesystem.copy_file. A pulled file appears under its name when it is complete. It replaces an existing file;
 * if that is a symlink, the symlink itself. */
enum remotefs_error remotefs_copy_file(
	struct remotefs *fs, const struct remotefs_copy *copy, struct remotefs_fault *fault);

/* Does Nova's migration compress this file (its NO_COMPRESSION_TYPES: not qcow2)? */
bool remotefs_compresses(const char *local);

#endif
