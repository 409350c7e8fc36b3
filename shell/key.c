/* SPDX-License-Identifier: Apache-2.0 */
#include "shell/key.h"

#include <fcntl.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <resolv.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/own.h"
#include "base/sha256.h"
#include "policy/certificate.h"

static int is_sshds_name(const char *path)
{
	static const char head[] = "/tmp/sshauth.";
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
	const size_t len = sizeof(head) - 1;

	return strncmp(path, head, len) == 0 && path[len] != '\0' && path[len + strspn(path + len, letters)] == '\0';
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

static bool fingerprint(char out[KEY_MAX], const char *blob, size_t len)
{
	static const char head[] = "SHA256:";
	uint8_t digest[SHA256_SIZE];

	sha256(digest, (const uint8_t *)blob, len);
	memcpy(out, head, sizeof(head));
	if (b64_ntop(digest, sizeof(digest), out + sizeof(head) - 1, KEY_MAX - sizeof(head)) < 0)
		return false;
	out[strcspn(out, "=")] = '\0';
	return true;
}

static char *put(char *at, struct bytes bytes)
{
	memcpy(at, bytes.at, bytes.len);
	return at + bytes.len;
}

/* Makes the fingerprint of the plain key from its type, which is shorter than that of the certificate, and its own
 * strings. */
static bool plain_fingerprint(char out[KEY_MAX], const struct certificate *certificate)
{
	static char plain[AUTH_FILE_MAX];
	const struct bytes type = bytes_of(certificate->plain_type);
	const char size[] = { 0, 0, 0, (char)type.len };
	const char *const end = put(put(put(plain, (struct bytes){ size, sizeof(size) }), type), certificate->key);

	return fingerprint(out, plain, (size_t)(end - plain));
}

static bool certificate_tell(struct request *out, struct bytes blob)
{
	struct certificate found;
	size_t len;

	if (!certificate_parse(&found, blob) || !plain_fingerprint(out->key, &found) ||
		!fingerprint(out->ca, found.authority.at, found.authority.len))
		return false;
	len = found.id.len < CERT_ID_MAX ? found.id.len : CERT_ID_MAX - 1;
	memcpy(out->cert_id, found.id.at, len);
	out->cert_id[len] = '\0';
	snprintf(out->cert_serial, sizeof(out->cert_serial), "%" PRIu64, found.serial);
	return true;
}

/* Decodes the key. */
static bool tell(struct request *out, const char *base64)
{
	static char blob[AUTH_FILE_MAX];
	const int len = b64_pton(base64, (uint8_t *)blob, sizeof(blob));

	if (len <= 0)
		return false;
	if (certificate_is((struct bytes){ blob, (size_t)len }))
		return certificate_tell(out, (struct bytes){ blob, (size_t)len });
	return fingerprint(out->key, blob, (size_t)len);
}

/* Returns the third word of the first line, "publickey ALGORITHM BASE64". Changes text. */
static bool parse(struct request *out, char *text)
{
	static const char method[] = "publickey ";
	char *const line = strncmp(text, method, sizeof(method) - 1) == 0 ? text : strstr(text, "\npublickey ");
	char *at = line;

	if (line == NULL)
		return false;
	at += (*at == '\n') + sizeof(method) - 1;
	at += strcspn(at, " \n");
	if (*at != ' ')
		return false;
	at++;
	at[strcspn(at, " \n")] = '\0';
	return tell(out, at);
}

static void nothing(struct request *out)
{
	strcpy(out->key, "-");
	out->cert_id[0] = out->cert_serial[0] = out->ca[0] = '\0';
}

void key_read(struct request *out, const char *ssh_user_auth)
{
	/* Not on the stack: there gcc touches each page in every run (-fstack-clash-protection). */
	static char text[AUTH_FILE_MAX];
	OWN_FD int fd = -1;
	ssize_t len;

	nothing(out);
	if (ssh_user_auth == NULL || !is_sshds_name(ssh_user_auth))
		return;
	fd = auth_open(ssh_user_auth);
	len = fd < 0 ? -1 : read(fd, text, sizeof(text));
	/* A larger file would be cut, and its key would be another one. */
	if (len <= 0 || (size_t)len == sizeof(text))
		return;
	text[len] = '\0';
	if (!parse(out, text))
		nothing(out);
}
