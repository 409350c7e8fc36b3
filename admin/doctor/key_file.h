/* SPDX-License-Identifier: Apache-2.0 */
/* key_file: the files that say who may log in, and the lines in them. Source: sshd(8),
 * AUTHORIZED_KEYS; sshd_config(5), AuthorizedKeysFile. */
#ifndef ADMIN_DOCTOR_KEY_FILE_H
#define ADMIN_DOCTOR_KEY_FILE_H

#include <pwd.h>
#include <stddef.h>

#include "admin/sshd_settings.h"

enum {
	KEY_FILE_NAME_MAX = 1024,
};

typedef void key_file_fn(void *context, const char *path);

/* Each file of a keyword such as "authorizedkeysfile" that sshd reads for the user, there or not. Names that do not fit
 * are passed over. */
void key_files_each(const struct sshd_settings *settings, const char *keyword, const struct passwd *entry,
	key_file_fn *look, void *context);

/* Puts the values of %h, %u, %U and %% into a pattern. False for another token, and when it does not fit. */
MUST_USE bool key_tokens_fill(char out[KEY_FILE_NAME_MAX], const struct passwd *entry, const char *pattern, size_t len);

/* The length of the options of a line: what stands before the first blank outside quotes, when it
 * is no key type. */
size_t key_options_len(const char *line);

/* The base64 of the key in a line, behind its options and its type; NULL for a line that is no key. */
const char *key_blob(const char *line, size_t *len);

/* Does one of the options, apart by commas outside quotes, have that name? */
bool key_has_option(const char *options, size_t len, const char *name);

/* The length of the first option, up to its comma or the end. */
size_t key_option_len(const char *options, size_t len);

/* Options that undo a part of restrict; NULL ends them. */
extern const char *const key_undoing[];

#endif
