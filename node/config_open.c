/* SPDX-License-Identifier: Apache-2.0 */
#include "node/config_open.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/own.h"
#include "base/read_file.h"

static int trusted(int fd, const char *path, bool of_root, size_t limit, struct fault *fault)
{
	struct stat st;

	if (fstat(fd, &st) != 0)
		return fault_set(fault, REASON_NOT_CONFIGURED, "cannot stat the file", errno, path);
	if (!S_ISREG(st.st_mode))
		return fault_set(fault, REASON_NOT_CONFIGURED, "the file is not a regular file", 0, path);
	if (st.st_uid != 0 && (of_root || st.st_uid != geteuid()))
		return fault_set(fault, REASON_NOT_CONFIGURED, "the file must be owned by root", 0, path);
	if ((st.st_mode & (S_IWGRP | S_IWOTH)) != 0)
		return fault_set(
			fault, REASON_NOT_CONFIGURED, "the file must not be writable by group or others", 0, path);
	if (st.st_size > (off_t)limit)
		return fault_set(fault, REASON_NOT_CONFIGURED,
			limit == CONFIG_MAX ? "the configuration is over 64 KiB" : "the file of peers is over 512 KiB",
			0, path);
	return 0;
}

int config_file_read(struct bytes *out, const char *path, bool of_root, size_t limit, struct fault *fault)
{
	/* O_NONBLOCK: opening a FIFO must not wait for its writer. */
	OWN_FD int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
	char *text;
	ssize_t len;

	if (fd < 0 && errno == ELOOP)
		return fault_set(fault, REASON_NOT_CONFIGURED, "the file must not be a symlink", 0, path);
	if (fd < 0)
		return fault_set(fault, REASON_NOT_CONFIGURED, "cannot open the file", errno, path);
	if (trusted(fd, path, of_root, limit, fault) != 0)
		return -1;
	len = read_file(&text, fd, limit + 1); /* one byte more than permitted, so that growth shows */
	if (len < 0)
		return fault_set(fault, REASON_NOT_CONFIGURED, "cannot read the file", errno, path);
	*out = (struct bytes){ text, (size_t)len };
	return 0;
}

int config_read(struct bytes *out, const char *path, bool of_root, struct fault *fault)
{
	return config_file_read(out, path, of_root, CONFIG_MAX, fault);
}

int config_open(struct config *out, const char *path, bool of_root, const char *profile, struct fault *fault)
{
	struct config_faults faults;
	struct bytes file;

	if (config_read(&file, path, of_root, fault) != 0) {
		config_default(out);
		return -1;
	}
	if (config_parse_profile(out, &faults, file, profile))
		return 0;
	fault_set(fault, REASON_NOT_CONFIGURED, config_error_text(faults.at[0].error), 0, faults.at[0].key);
	fault->line = faults.at[0].line;
	fault->file = path;
	return -1;
}
