/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/libvirt_line.h"

/* Between two parts stands the path of the socket, as the client's libvirt was built. */
#define NC_HEAD \
	"if 'nc' -q 2>&1 | grep \"requires an argument\" >/dev/null 2>&1; then ARG=-q0;else ARG=;fi;'nc' $ARG -U "
#define AUTO_HEAD \
	"sh -c 'which virt-ssh-helper 1>/dev/null 2>&1; if test $? = 0; then     virt-ssh-helper 'qemu:///system'; else    "

static const struct {
	const char *head, *tail; /* tail "": the head is the whole line */
} lines[] = {
	{ AUTO_HEAD NC_HEAD, "; fi'" },
	{ "sh -c 'virt-ssh-helper 'qemu:///system''", "" },
	{ "sh -c '" NC_HEAD, "'" },
};

/* The client spells it; we use the one of the configuration. */
static const char *const sockets[] = {
	"/var/run/libvirt/libvirt-sock",
	"/run/libvirt/libvirt-sock",
	"/var/run/libvirt/virtqemud-sock",
	"/run/libvirt/virtqemud-sock",
};

static bool cut(struct bytes *line, const char *text)
{
	const struct bytes head = bytes_of(text);

	if (line->len < head.len || memcmp(line->at, head.at, head.len) != 0)
		return false;
	line->at += head.len;
	line->len -= head.len;
	return true;
}

bool libvirt_line_is_exact(struct bytes line)
{
	for (size_t i = 0; i < N_ELEMENTS(lines); i++) {
		struct bytes rest = line;

		if (!cut(&rest, lines[i].head))
			continue;
		if (lines[i].tail[0] == '\0' && rest.len == 0)
			return true;
		for (size_t j = 0; j < N_ELEMENTS(sockets) && lines[i].tail[0] != '\0'; j++) {
			struct bytes end = rest;

			if (cut(&end, sockets[j]) && bytes_equal(end, bytes_of(lines[i].tail)))
				return true;
		}
	}
	return false;
}

static bool contains(struct bytes line, struct bytes text)
{
	for (size_t i = 0; text.len <= line.len && i <= line.len - text.len; i++)
		if (memcmp(line.at + i, text.at, text.len) == 0)
			return true;
	return false;
}

bool libvirt_line_is_like(struct bytes line)
{
	static const char head[] = "sh -c '";

	return line.len >= sizeof(head) - 1 && memcmp(line.at, head, sizeof(head) - 1) == 0 &&
		(contains(line, bytes_of("virt-ssh-helper ")) ||
			contains(line, bytes_of(" -q 2>&1 | grep \"requires an argument\"")));
}
