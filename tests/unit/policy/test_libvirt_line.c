/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>
#include <stdio.h>

#include "policy/libvirt_line.h"
#include "policy/words.h"

#define NC "if 'nc' -q 2>&1 | grep \"requires an argument\" >/dev/null 2>&1; then ARG=-q0;else ARG=;fi;'nc' $ARG -U "
#define WHICH \
	"sh -c 'which virt-ssh-helper 1>/dev/null 2>&1; if test $? = 0; then     virt-ssh-helper 'qemu:///system'; else    "

static const char *const exact[] = {
	WHICH NC "/var/run/libvirt/libvirt-sock; fi'",
	WHICH NC "/run/libvirt/libvirt-sock; fi'",
	WHICH NC "/run/libvirt/virtqemud-sock; fi'",
	"sh -c 'virt-ssh-helper 'qemu:///system''",
	"sh -c '" NC "/var/run/libvirt/libvirt-sock'",
	"sh -c '" NC "/var/run/libvirt/virtqemud-sock'",
};

static const char *const like[] = {
	"sh -c 'virt-ssh-helper -r 'qemu:///system''",
	"sh -c 'virt-ssh-helper 'qemu:///session''",
	"sh -c 'virt-ssh-helper 'lxc:///system''",
	"sh -c 'virt-ssh-helper 'qemu:///system'; id'",
	"sh -c 'virt-ssh-helper 'qemu:///system?socket=/x''",
	"sh -c '" NC "/var/run/libvirt/libvirt-sock-ro'",
	"sh -c '" NC "/run/docker.sock'",
	"sh -c '" NC "/var/run/libvirt/libvirt-sock; id'",
	WHICH NC "/var/run/libvirt/libvirt-sock-ro; fi'",
	WHICH NC "/var/run/libvirt/libvirt-sock; fi",
};

Test(libvirt_line, takes_the_lines_of_the_client_as_wholes)
{
	for (size_t i = 0; i < N_ELEMENTS(exact); i++) {
		cr_expect(libvirt_line_is_exact(bytes_of(exact[i])), "%s", exact[i]);
		cr_expect(libvirt_line_is_like(bytes_of(exact[i])), "%s", exact[i]);
	}
}

Test(libvirt_line, takes_no_other)
{
	for (size_t i = 0; i < N_ELEMENTS(like); i++) {
		cr_expect_not(libvirt_line_is_exact(bytes_of(like[i])), "%s", like[i]);
		cr_expect(libvirt_line_is_like(bytes_of(like[i])), "%s", like[i]);
	}
	cr_expect_not(libvirt_line_is_exact(bytes_of("")));
	cr_expect_not(libvirt_line_is_like(bytes_of("touch /x")));
}

/* One byte more, less or other, anywhere, is another line. */
Test(libvirt_line, is_of_its_bytes_alone)
{
	char line[CMD_MAX];

	for (size_t i = 0; i < N_ELEMENTS(exact); i++) {
		const size_t len = strlen(exact[i]);

		for (size_t at = 0; at < len; at++) {
			memcpy(line, exact[i], len);
			line[at] ^= 1;
			cr_expect_not(libvirt_line_is_exact((struct bytes){ line, len }), "%s", exact[i]);
			cr_expect_not(libvirt_line_is_exact((struct bytes){ exact[i], at }));
			memcpy(line, exact[i], at);
			line[at] = ' ';
			memcpy(line + at + 1, exact[i] + at, len - at);
			cr_expect_not(libvirt_line_is_exact((struct bytes){ line, len + 1 }), "%s", exact[i]);
		}
		memcpy(line, exact[i], len + 1);
		cr_expect_not(libvirt_line_is_exact((struct bytes){ line, len + 1 }), "a NUL behind it");
	}
}

/* Without the tunnel nothing of this is a line of words. */
Test(libvirt_line, is_none_of_words)
{
	static struct words words;

	for (size_t i = 0; i < N_ELEMENTS(exact); i++)
		cr_expect_eq(words_split(&words, bytes_of(exact[i])), WORDS_LIBVIRT_TUNNEL);
}
