/* SPDX-License-Identifier: Apache-2.0 */
#include "sender/nova_path/worth.h"

#include <fcntl.h>
#include <stdint.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sender/extent.h"

enum {
	SAMPLES = 16,
	SAMPLE = 4096, /* bytes */
	VALUES = 256,
};

/* Of n bytes spread at random, the squares of how often each value occurs add up to n * n / 256 and a little; what has
 * a pattern to it comes to several times that. A tenth above it still compresses by less than that. */
bool worth_is_even(const unsigned char *bytes, size_t len)
{
	uint64_t counts[VALUES] = { 0 }, squares = 0;

	for (size_t i = 0; i < len; i++)
		counts[bytes[i]]++;
	for (unsigned i = 0; i < VALUES; i++)
		squares += counts[i] * counts[i];
	return squares * VALUES * 10 < (uint64_t)len * len * 11 + (uint64_t)len * VALUES * 10;
}

/* Fills out with samples of data, spread over the file. */
static size_t samples_read(int fd, uint64_t size, unsigned char out[SAMPLES * SAMPLE])
{
	struct extent extent;
	size_t used = 0;

	for (uint64_t i = 0; i < SAMPLES; i++) {
		ssize_t len;
		bool zeros = true;

		if (!extent_find(&extent, fd, size / SAMPLES * i, size))
			break;
		len = pread(fd, out + used, SAMPLE, (off_t)extent.from);
		if (len > 0)
			(void)extent_run(out + used, (size_t)len, &zeros);
		if (!zeros) /* what is not sent is not compressed either */
			used += (size_t)len;
	}
	return used;
}

static bool judge(int fd, uint64_t size)
{
	unsigned char samples[SAMPLES * SAMPLE];
	size_t len;

	if (extent_sum(fd, 0, size) < WORTH_LEAST)
		return false;
	len = samples_read(fd, size, samples);
	return len != 0 && !worth_is_even(samples, len);
}

bool worth_compressing(const char *path)
{
	const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	bool worth = true;
	struct stat st;

	if (fd < 0)
		return true;
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode))
		worth = judge(fd, (uint64_t)st.st_size);
	close(fd);
	return worth;
}
