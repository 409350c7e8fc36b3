/* SPDX-License-Identifier: Apache-2.0 */
/* say: a line for the client on standard error. The client may never read it, so that a full pipe keeps nobody longer than
 * SAY_WAIT_MS: the line is then lost. Source: pipe(7): up to PIPE_BUF bytes, a pipe that poll(2) calls writable takes at
 * once. Makes no call that a sandbox of ours would refuse. */
#ifndef SHELL_SAY_H
#define SHELL_SAY_H

#include <stdbool.h>
#include <stddef.h>

enum {
	SAY_WAIT_MS = 2000,
};

/* One write, so that no other process' output falls into the line. What is behind PIPE_BUF bytes is not written. */
void say(const char *line, size_t len);

/* The same to another descriptor. False if nothing was written. */
bool say_to(int fd, const char *bytes, size_t len);

#endif
