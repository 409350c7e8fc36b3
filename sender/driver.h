/* SPDX-License-Identifier: Apache-2.0 */
/* driver: how a transport does the five operations, as class RemoteFilesystemDriver of Nova.
 * Takes:   arguments that remotefs.c has checked.
 * Fails:   by context_fail(). */
#ifndef SENDER_DRIVER_H
#define SENDER_DRIVER_H

#include "sender/context.h"

/* A copy between a local file, or the place that receives a pulled one, and the far end. */
struct transfer {
	enum remotefs_direction direction;
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

/* Prepares the command of an operation on one path. The connection is up afterwards. */
typedef enum remotefs_error path_begin(struct remotefs *fs, const char *path, struct command *command);

/* Most operations are one command. The driver first prepares it and later judges its end, so that several commands can
 * run at a time. */
struct driver {
	path_begin *create_file, *remove_file, *create_dir;
	enum remotefs_error (*copy)(struct remotefs *fs, const struct transfer *transfer, struct command *command);
	enum remotefs_error (*judge)(struct remotefs *fs, const struct command *command, enum remotefs_error error);
	enum remotefs_error (*remove_dir)(struct remotefs *fs, const char *path);
};

/* class SshDriver: touch, rm, mkdir -p, rm -rf; scp. */
extern const struct driver ssh_driver;

/* class RsyncDriver: rsync of a local tree that is a model of the far one. */
extern const struct driver rsync_driver;

#endif
