/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/sshd_runtime.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "admin/capture.h"

static char directory[] = "/run/rssh-nova-key.XXXXXX", key[sizeof(directory) + sizeof("/key")];
static bool made;

static bool lacks_key(void)
{
	static char sshd[] = "/usr/sbin/sshd", test[] = "-t", said[CAPTURE_MAX];
	char *argv[] = { sshd, test, NULL };

	return capture(said, argv, true) > 0 && strstr(said, "no hostkeys available") != NULL;
}

static bool key_make(void)
{
	static char program[] = "/usr/bin/ssh-keygen", quiet[] = "-q", type[] = "-t", ed25519[] = "ed25519",
		    secret[] = "-N", none[] = "", file[] = "-f", said[CAPTURE_MAX];
	char *argv[] = { program, quiet, type, ed25519, secret, none, file, key, NULL };

	if (mkdtemp(directory) == NULL)
		return false;
	made = true;
	snprintf(key, sizeof(key), "%s/key", directory);
	return capture(said, argv, true) == 0;
}

void sshd_runtime_make(void)
{
	if (access("/usr/sbin/sshd", X_OK) != 0)
		return;
	if (access("/run/sshd", F_OK) != 0)
		(void)!mkdir("/run/sshd", 0755);
	if (lacks_key() && !key_make())
		sshd_runtime_clear();
}

void sshd_runtime_options(char *argv[], unsigned count, const char *config)
{
	static char file[] = "-f", host_key[] = "-h";

	if (config != NULL) {
		argv[count++] = file;
		argv[count++] = (char *)(uintptr_t)config;
	}
	if (made) {
		argv[count++] = host_key;
		argv[count++] = key;
	}
	argv[count] = NULL;
}

void sshd_runtime_clear(void)
{
	char public[sizeof(key) + sizeof(".pub")];

	if (!made)
		return;
	snprintf(public, sizeof(public), "%s.pub", key);
	unlink(public);
	unlink(key);
	rmdir(directory);
	made = false;
}
