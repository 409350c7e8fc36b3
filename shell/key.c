/* SPDX-License-Identifier: Apache-2.0 */
#include "shell/key.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <resolv.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "shell/own.h"
#include "shell/sha256.h"

enum {
	AUTH_FILE_MAX = 16384,
};

static int is_sshds_name(const char *path)
{
	static const char head[] = "/tmp/sshauth.";
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
	const size_t len = sizeof(head) - 1;

	return strncmp(path, head, len) == 0 && path[len] != '\0' &&
		path[len + strspn(path + len, letters)] == '\0';
}

static int auth_open(const char *path)
{
	OWN_FD int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) != 0 || !S_ISREG(st.st_mode) || st.st_nlink != 1 ||
		(st.st_uid != 0 && st.st_uid != geteuid()) || (st.st_mode & 077) != 0)
		return -1;
	return fd_take(&fd);
}

/* SHA-256 of the key that base64 of len letters stands for, in base64 without its padding. */
static int fingerprint(char out[KEY_MAX], const char *base64, size_t len)
{
	static const char head[] = "SHA256:";
	static char text[AUTH_FILE_MAX];
	static uint8_t blob[AUTH_FILE_MAX];
	uint8_t digest[SHA256_SIZE];
	int blob_len;

	memcpy(text, base64, len);
	text[len] = '\0';
	blob_len = b64_pton(text, blob, sizeof(blob));
	if (blob_len <= 0)
		return 0;
	sha256(digest, blob, (size_t)blob_len);
	memcpy(out, head, sizeof(head));
	if (b64_ntop(digest, sizeof(digest), out + sizeof(head) - 1, KEY_MAX - sizeof(head)) < 0)
		return 0;
	out[strcspn(out, "=")] = '\0';
	return 1;
}

/* The third word of the line "publickey ALGORITHM BASE64". */
static int parse(char out[KEY_MAX], const char *text)
{
	static const char method[] = "publickey ";
	const char *const line = strncmp(text, method, sizeof(method) - 1) == 0 ? text : strstr(text, "\npublickey ");
	const char *at = line;

	if (line == NULL)
		return 0;
	at += (*at == '\n') + sizeof(method) - 1;
	at += strcspn(at, " \n");
	if (*at != ' ')
		return 0;
	at++;
	return fingerprint(out, at, strcspn(at, " \n"));
}

void key_read(char out[KEY_MAX], const char *ssh_user_auth)
{
	/* Not on the stack: gcc would touch each page of it (-fstack-clash-protection) in every run. */
	static char text[AUTH_FILE_MAX];
	OWN_FD int fd = -1;
	ssize_t len;

	strcpy(out, "-");
	if (ssh_user_auth == NULL || !is_sshds_name(ssh_user_auth))
		return;
	fd = auth_open(ssh_user_auth);
	len = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
	if (len <= 0)
		return;
	text[len] = '\0';
	if (!parse(out, text))
		strcpy(out, "-");
}
