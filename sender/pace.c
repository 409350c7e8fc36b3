/* SPDX-License-Identifier: Apache-2.0 */
#include "sender/pace.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <syslog.h>
#include <unistd.h>

#include "sender/output.h"

enum {
	BAR_MIN = 10,
	BAR_MAX = 40,
	COLUMNS = 80,
};

void pace_amount(char out[PACE_AMOUNT_MAX], double bytes)
{
	static const char *const units[] = { "B", "KiB", "MiB", "GiB", "TiB" };
	unsigned unit = 0;

	while (bytes >= 1024 && unit + 1 < N_ELEMENTS(units)) {
		bytes /= 1024;
		unit++;
	}
	(void)snprintf(out, PACE_AMOUNT_MAX, unit == 0 ? "%.0f %s" : "%.1f %s", bytes, units[unit]);
}

double pace_rate(const struct pace *pace)
{
	return pace->ms > 0 ? (double)pace->done * 1000 / (double)pace->ms : 0;
}

int64_t pace_left(const struct pace *pace)
{
	const double rate = pace_rate(pace);

	if (rate <= 0 || pace->total < pace->done)
		return -1;
	return (int64_t)((double)(pace->total - pace->done) / rate);
}

static int bar_width(void)
{
	struct winsize window = { .ws_col = COLUMNS };
	int width;

	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &window) != 0 || window.ws_col == 0)
		window.ws_col = COLUMNS;
	width = window.ws_col - 60;
	return width < BAR_MIN ? BAR_MIN : width > BAR_MAX ? BAR_MAX : width;
}

static void left_write(char *out, size_t size, const struct pace *pace)
{
	const int64_t left = pace_left(pace);

	out[0] = '\0';
	if (left >= 0 && pace->total > 0)
		(void)snprintf(
			out, size, "%02" PRId64 ":%02" PRId64 ":%02" PRId64, left / 3600, left / 60 % 60, left % 60);
}

void pace_count(int64_t *done, int64_t total, uint64_t bytes)
{
	*done += (int64_t)bytes;
	if (total > 0 && *done > total)
		*done = total;
}

void pace_bar(const char *path, const struct pace *pace)
{
	static const char full[] = "########################################";
	const char *const name = strrchr(path, '/');
	const int width = bar_width();
	char done[PACE_AMOUNT_MAX], rate[PACE_AMOUNT_MAX], left[PACE_AMOUNT_MAX], plain[64];

	pace_amount(done, (double)pace->done);
	pace_amount(rate, pace_rate(pace));
	left_write(left, sizeof(left), pace);
	(void)printf("\r\033[K%.20s ", output_plain(plain, sizeof(plain), name == NULL ? path : name + 1));
	if (pace->total > 0) {
		const int filled = (int)((double)pace->done / (double)pace->total * width);

		(void)printf("[%.*s%*s] %3d%% ", filled, full, width - filled, "",
			(int)((double)pace->done / (double)pace->total * 100));
	}
	(void)printf("%s %s/s%s%s", done, rate, left[0] == '\0' ? "" : " ", left);
	(void)fflush(stdout);
}

static void on_line(void *user, const char *line)
{
	const char *const text = user;

	syslog(LOG_INFO, "%s: %s", line, text);
}

/* The path is escaped as in output.h, so that no name forges a line. */
static void log_line(const char *path, const char *host, char *text)
{
	struct output output;

	output_init(&output, on_line, text);
	output_feed(&output, host, strlen(host));
	output_feed(&output, ":", 1);
	output_feed(&output, path, strlen(path));
	output_end(&output);
}

void pace_log(const char *path, const char *host, const struct pace *pace)
{
	char done[PACE_AMOUNT_MAX], rate[PACE_AMOUNT_MAX], left[PACE_AMOUNT_MAX], text[256];
	const int percent = pace->total > 0 ? (int)((double)pace->done / (double)pace->total * 100) : -1;

	pace_amount(done, (double)pace->done);
	pace_amount(rate, pace_rate(pace));
	left_write(left, sizeof(left), pace);
	if (percent >= 0)
		(void)snprintf(text, sizeof(text), "%d %%, %s, %s/s, %s left", percent, done, rate,
			left[0] == '\0' ? "unknown" : left);
	else
		(void)snprintf(text, sizeof(text), "%s, %s/s", done, rate);
	log_line(path, host, text);
}

void pace_sum_text(char *out, size_t size, const struct pace_sum *sum)
{
	const struct pace pace = { .done = (int64_t)sum->data, .ms = sum->ms };
	char data[PACE_AMOUNT_MAX], holes[PACE_AMOUNT_MAX], rate[PACE_AMOUNT_MAX];

	pace_amount(data, (double)sum->data);
	pace_amount(holes, (double)sum->holes);
	pace_amount(rate, pace_rate(&pace));
	(void)snprintf(out, size, "%" PRIu64 " file%s, %s of data, %s of holes, %.1f s, %s/s", sum->files,
		sum->files == 1 ? "" : "s", data, holes, (double)sum->ms / 1000, rate);
}

void pace_log_end(const char *path, const char *host, const struct pace_sum *sum)
{
	char text[256];

	pace_sum_text(text, sizeof(text), sum);
	log_line(path, host, text);
}
