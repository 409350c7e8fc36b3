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

/* For n random bytes, the sum of the squared counts of all values is a little over n * n / 256. Data with a pattern has
 * several times that sum. Data with up to a tenth more compresses by less than a tenth. */
bool worth_is_even(const unsigned char *bytes, size_t len)
{
	uint64_t counts[VALUES] = { 0 }, squares = 0;

	for (size_t i = 0; i < len; i++)
		counts[bytes[i]]++;
	for (unsigned i = 0; i < VALUES; i++)
		squares += counts[i] * counts[i];
	return squares * VALUES * 10 < (uint64_t)len * len * 11 + (uint64_t)len * VALUES * 10;
}

/* Fills out with samples of the data from all over the file. */
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
		if (!zeros) /* zeros are not sent, so they do not count */
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
