/* SPDX-License-Identifier: Apache-2.0 */
#include "sender/output.h"

#include <stdio.h>
#include <string.h>

void output_init(struct output *output, output_line_fn *on_line, void *user)
{
	*output = (struct output){ .on_line = on_line, .user = user };
}

/* Copies text up to the first byte of stop; "" if that is too long. */
static void word_copy(char out[OUTPUT_WORD_MAX], const char *text, const char *stop)
{
	const size_t len = strcspn(text, stop);

	(void)snprintf(out, OUTPUT_WORD_MAX, "%.*s", (int)(len < OUTPUT_WORD_MAX ? len : 0), text);
}

static void refusal_read(struct output *output, const char *line)
{
	static const char head[] = "rssh-nova: refused: ";
	const char *ref;

	if (strncmp(line, head, sizeof(head) - 1) != 0)
		return;
	output->refused = true;
	word_copy(output->reason, line + sizeof(head) - 1, " ");
	ref = strstr(line, "(ref ");
	if (ref != NULL)
		word_copy(output->ref, ref + 5, ")");
}

static bool any_in(const char *line, const char *const *texts)
{
	for (; *texts != NULL; texts++)
		if (strstr(line, *texts) != NULL)
			return true;
	return false;
}

/* Messages of OpenSSH and rsync that say more than the exit status. */
static void line_judge(struct output *output, const char *line)
{
	static const char *const hung_up[] = { "Connection closed", "lost connection", "Broken pipe",
		"connection unexpectedly closed", "Connection reset", "Connection to ", NULL };
	static const char *const denied[] = { "Permission denied (", "Host key verification failed",
		"Too many authentication failures", "no matching ", "Bad configuration option", NULL };
	static const char *const kept[] = { "cannot delete non-empty directory",
		"delete_file: ", "skipping file deletion", NULL };

	refusal_read(output, line);
	output->hung_up = output->hung_up || any_in(line, hung_up);
	output->denied = output->denied || any_in(line, denied);
	output->kept = output->kept || any_in(line, kept);
	output->not_found = output->not_found || strstr(line, "No such file or directory") != NULL;
}

static void line_end(struct output *output)
{
	output->line[output->used] = '\0';
	if (output->used == 0)
		return;
	output->used = 0;
	line_judge(output, output->line);
	strcpy(output->last, output->line);
	if (output->lines++ < OUTPUT_LINES_MAX && output->on_line != NULL)
		output->on_line(output->user, output->line);
}

static void byte_put(struct output *output, char byte)
{
	static const char hex[] = "0123456789abcdef";
	const unsigned char value = (unsigned char)byte;

	if (output->used + 5 > sizeof(output->line))
		return;
	if (byte >= ' ' && byte <= '~' && byte != '\\') {
		output->line[output->used++] = byte;
		return;
	}
	output->line[output->used++] = '\\';
	output->line[output->used++] = 'x';
	output->line[output->used++] = hex[value >> 4];
	output->line[output->used++] = hex[value & 15];
}

void output_feed(struct output *output, const char *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (bytes[i] == '\n')
			line_end(output);
		else if (bytes[i] != '\r')
			byte_put(output, bytes[i]);
	}
}

const char *output_plain(char *out, size_t size, const char *text)
{
	size_t used = 0;

	for (; *text != '\0' && used + 5 <= size; text++) {
		if (*text >= ' ' && *text <= '~')
			out[used++] = *text;
		else
			used += (size_t)sprintf(out + used, "\\x%02x", (unsigned)(unsigned char)*text);
	}
	out[used] = '\0';
	return out;
}

void output_end(struct output *output)
{
	line_end(output);
}
