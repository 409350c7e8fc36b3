/* SPDX-License-Identifier: Apache-2.0 */
/* say: a line for the client on standard error. The client may never read it, so a full pipe delays us for at most
 * SAY_WAIT_MS, and then the line is lost. Makes no call that a sandbox of ours would refuse.
 * Source: pipe(7): if poll(2) calls a pipe writable, it takes up to PIPE_BUF bytes at once. */
#ifndef SHELL_SAY_H
#define SHELL_SAY_H

#include <stdbool.h>
#include <stddef.h>

enum {
	SAY_WAIT_MS = 2000,
};

/* Writes the line by one write(2), so that no output of another process splits it. Cuts it after PIPE_BUF bytes. */
void say(const char *line, size_t len);

/* The same to another descriptor. Returns false if it wrote nothing. */
bool say_to(int fd, const char *bytes, size_t len);

#endif
