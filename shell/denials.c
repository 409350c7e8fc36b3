#include "shell/denials.h"

#include <linux/seccomp.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "shell/filter.h"

/* Newer kernels may say more than our header knows. */
union question {
	struct seccomp_notif notif;
	char room[512];
};

union answer {
	struct seccomp_notif_resp resp;
	char room[512];
};

int denials_available(void)
{
	struct seccomp_notif_sizes sizes;

	if (syscall(SYS_seccomp, SECCOMP_GET_NOTIF_SIZES, 0, &sizes) != 0)
		return -1;
	return sizes.seccomp_notif <= sizeof(union question) && sizes.seccomp_notif_resp <= sizeof(union answer) ?
		0 :
		-1;
}

static void count(struct denials *denials, int call)
{
	unsigned i = 0;

	while (i < denials->count && denials->at[i].call != call)
		i++;
	if (i == DENIALS_MAX)
		i--; /* there are fewer calls with names than rows */
	if (i == denials->count) {
		denials->at[denials->count].call = call;
		denials->at[denials->count++].times = 0;
	}
	if (denials->at[i].times != UINT32_MAX)
		denials->at[i].times++;
}

int denials_take(struct denials *denials, int listener)
{
	union question question;
	union answer answer;

	memset(&question, 0, sizeof(question));
	if (ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &question) != 0)
		return -1;
	count(denials, question.notif.data.nr);
	memset(&answer, 0, sizeof(answer));
	answer.resp.id = question.notif.id;
	answer.resp.error = -filter_call_answer(question.notif.data.nr);
	(void)ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &answer);
	return 0;
}

void denials_text(char text[DENIALS_TEXT_MAX], const struct denials *denials)
{
	size_t used = 0;

	text[0] = '\0';
	for (unsigned i = 0; i < denials->count; i++) {
		const char *const name = filter_call_name(denials->at[i].call);
		char word[64];
		int len;

		if (name != NULL)
			len = snprintf(word, sizeof(word), "%s%s:%u", used != 0 ? "," : "", name,
				denials->at[i].times);
		else
			len = snprintf(word, sizeof(word), "%s%d:%u", used != 0 ? "," : "",
				denials->at[i].call, denials->at[i].times);
		if (len < 0 || used + (size_t)len >= DENIALS_TEXT_MAX)
			return;
		memcpy(text + used, word, (size_t)len + 1);
		used += (size_t)len;
	}
}
