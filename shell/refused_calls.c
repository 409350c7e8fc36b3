/* SPDX-License-Identifier: Apache-2.0 */
#include "shell/refused_calls.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/seccomp.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/clock.h"
#include "shell/signal_relay.h"
#include "wall/filter.h"

enum {
	RAW_TMPFILE = 020000000, /* O_TMPFILE less O_DIRECTORY */
	SET_ID = 06000,
};

/* Newer kernels may send more than our header knows. */
union question {
	struct seccomp_notif notif;
	char room[512];
};

union answer {
	struct seccomp_notif_resp resp;
	char room[512];
};

int refused_calls_available(void)
{
	struct seccomp_notif_sizes sizes;

	if (syscall(SYS_seccomp, SECCOMP_GET_NOTIF_SIZES, 0, &sizes) != 0)
		return -1;
	return sizes.seccomp_notif <= sizeof(union question) && sizes.seccomp_notif_resp <= sizeof(union answer) ? 0
														 : -1;
}

static void add(uint32_t *count, uint32_t more)
{
	if (__builtin_add_overflow(*count, more, count))
		*count = UINT32_MAX;
}

static void count(struct refused_calls *refused, int call)
{
	add((unsigned)call < REFUSED_CALLS_CALLS ? &refused->times[call] : &refused->others, 1);
}

static int exchange(int listener, unsigned long request, void *message)
{
	int rc;

	do
		rc = ioctl(listener, request, message);
	while (rc != 0 && errno == EINTR);
	return rc;
}

/* Is it the exec of child_become()? The kernel reads 32 bits of the descriptor and of the flags. */
static bool is_own_exec(const struct refused_calls *refused, const struct seccomp_notif *notif, pid_t child)
{
	return !refused->executed && (pid_t)notif->pid == child && notif->data.nr == SYS_execveat &&
		(int)notif->data.args[0] == EXEC_FD && (int)notif->data.args[4] == AT_EMPTY_PATH;
}

/* Judges flags and mode as the kernel reads them, 32 bits of each. RAW_TMPFILE, set-id bits, and O_TRUNC without
 * writing are never permitted. */
static bool is_sound_open(int flags, unsigned mode)
{
	const int access = flags & O_ACCMODE;

	return (flags & RAW_TMPFILE) == 0 && (mode & SET_ID) == 0 &&
		((flags & O_TRUNC) == 0 || access == O_WRONLY || access == O_RDWR);
}

/* Does it open a file for writing, or make a directory, as the filters of other writers permit? */
bool refused_calls_writes(const struct seccomp_data *call)
{
	switch (call->nr) {
	case SYS_openat:
		return is_sound_open((int)call->args[2], (unsigned)call->args[3]);
	case SYS_mkdirat:
		return true;
#ifdef SYS_open /* only on x86, as those below */
	case SYS_open:
		return is_sound_open((int)call->args[1], (unsigned)call->args[2]);
	case SYS_creat:
		return is_sound_open(O_WRONLY | O_CREAT | O_TRUNC, (unsigned)call->args[1]);
	case SYS_mkdir:
		return true;
#endif
	default:
		return false;
	}
}

bool refused_calls_makes(const struct seccomp_data *call)
{
	switch (call->nr) {
	case SYS_openat:
		return ((int)call->args[2] & O_CREAT) != 0;
#ifdef SYS_open /* only on x86 */
	case SYS_open:
		return ((int)call->args[1] & O_CREAT) != 0;
#endif
	default:
		return true;
	}
}

/* May sftp-server go on with a call that writes? */
static bool permit_write(struct refused_calls *refused, struct held *held, const struct seccomp_data *call)
{
	refused->over = held_opened(held, clock_ms());
	if (refused->over != NULL)
		return false;
	refused->opens++;
	refused->makes = refused->makes || refused_calls_makes(call);
	return true;
}

/* Returns the errno of the answer, 0 for success. */
static int refuse(struct refused_calls *refused, const struct seccomp_data *call, pid_t child)
{
	int err;

	if (signal_relay(&err, call, child))
		return err;
	count(refused, call->nr);
	return filter_call_answer(call->nr);
}

int refused_calls_take(struct refused_calls *refused, int listener, pid_t child, struct held *held)
{
	union question question;
	union answer answer;
	bool executes, writes;

	memset(&question, 0, sizeof(question));
	if (exchange(listener, SECCOMP_IOCTL_NOTIF_RECV, &question) != 0)
		return -1;
	memset(&answer, 0, sizeof(answer));
	answer.resp.id = question.notif.id;
	executes = is_own_exec(refused, &question.notif, child);
	writes = !executes && refused->asks && refused_calls_writes(&question.notif.data);
	if (writes && !permit_write(refused, held, &question.notif.data))
		return 0; /* an answer would let the child run on until the caller has killed it */
	if (executes || writes)
		answer.resp.flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE;
	else
		answer.resp.error = -refuse(refused, &question.notif.data, child);
	if (exchange(listener, SECCOMP_IOCTL_NOTIF_SEND, &answer) != 0)
		return -1;
	/* Only after the answer has arrived: the kernel restarts a call that a stop signal interrupted. */
	refused->executed = refused->executed || executes;
	return 0;
}

struct text {
	char *at;
	size_t used, room;
};

static bool put(struct text *text, const char *name, uint32_t times)
{
	char word[64];
	const int len = snprintf(word, sizeof(word), "%s%s:%u", text->used != 0 ? "," : "", name, times);

	if (len < 0 || (size_t)len >= sizeof(word) || text->used + (size_t)len >= text->room)
		return false;
	memcpy(text->at + text->used, word, (size_t)len + 1);
	text->used += (size_t)len;
	return true;
}

/* A call that is newer than this program has its number for a name. */
static bool put_call(struct text *text, int call, uint32_t times)
{
	const char *const name = filter_call_name(call);
	char number[16];

	snprintf(number, sizeof(number), "%d", call);
	return put(text, name != NULL ? name : number, times);
}

static bool is_alarm(int call)
{
	return filter_call_answer(call) != ENOSYS;
}

void refused_calls_text(char text[REFUSED_CALLS_TEXT_MAX], const struct refused_calls *refused)
{
	static const char last[] = ",others:4294967295";
	struct text all = { text, 0, REFUSED_CALLS_TEXT_MAX - sizeof(last) };
	uint32_t others = refused->others;

	text[0] = '\0';
	for (int alarm = 1; alarm >= 0; alarm--)
		for (int call = 0; call < REFUSED_CALLS_CALLS; call++)
			if (refused->times[call] != 0 && is_alarm(call) == (alarm != 0) &&
				!put_call(&all, call, refused->times[call]))
				add(&others, refused->times[call]);
	all.room = REFUSED_CALLS_TEXT_MAX;
	if (others != 0)
		(void)put(&all, "others", others);
}
