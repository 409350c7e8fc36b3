/* SPDX-License-Identifier: Apache-2.0 */
/* driver: how a transport does the five operations; what class RemoteFilesystemDriver is in Nova.
 * The arguments have been checked by remotefs.c; a fault goes where context_fail() puts it. */
#ifndef SENDER_DRIVER_H
#define SENDER_DRIVER_H

#include "sender/context.h"

/* A copy between a local file, or the place where a pulled one is received, and the other end. */
struct transfer {
	enum remotefs_way way;
	const char *local, *remote;
	bool compress;
	struct progress *progress;
	int wall;
};

/* One local command of an operation. */
struct command {
	struct argv argv;
	enum connection_kind connection;
	struct progress *progress; /* NULL: the command copies nothing and has a time limit */
	bool removes;
	int wall; /* wall.h, or -1 */
};

/* Prepares an operation of one path: its command, over a connection that is then up. */
typedef enum remotefs_error path_begin(struct remotefs *fs, const char *path, struct command *command);

/* Most operations are one command, in two parts, so that several can run at a time: what is to be run, and what
 * its end means. */
struct driver {
	path_begin *create_file, *remove_file, *create_dir;
	enum remotefs_error (*copy)(struct remotefs *fs, const struct transfer *transfer, struct command *command);
	enum remotefs_error (*judge)(struct remotefs *fs, const struct command *command, enum remotefs_error error);
	enum remotefs_error (*remove_dir)(struct remotefs *fs, const char *path);
};

/* class SshDriver: touch, rm, mkdir -p, rm -rf; scp. */
extern const struct driver ssh_driver;

/* class RsyncDriver: rsync of a local tree that looks as the far one is to look. */
extern const struct driver rsync_driver;

#endif
