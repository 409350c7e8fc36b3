/* SPDX-License-Identifier: Apache-2.0 */
#include "sender/extent.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

bool extent_find(struct extent *out, int fd, uint64_t from, uint64_t size)
{
	off_t data, hole;

	if (from >= size)
		return false;
	data = lseek(fd, (off_t)from, SEEK_DATA);
	if (data < 0 && errno == ENXIO)
		return false;
	if (data < 0)
		data = (off_t)from;
	if ((uint64_t)data >= size)
		return false;
	hole = lseek(fd, data, SEEK_HOLE);
	*out = (struct extent){ (uint64_t)data, hole <= data || (uint64_t)hole > size ? size : (uint64_t)hole };
	return true;
}

uint64_t extent_sum(int fd, uint64_t from, uint64_t to)
{
	struct extent extent;
	uint64_t sum = 0;

	while (extent_find(&extent, fd, from, to)) {
		sum += extent.to - extent.from;
		from = extent.to;
	}
	return sum;
}

static bool is_zero(const unsigned char *bytes, size_t len)
{
	return bytes[0] == 0 && memcmp(bytes, bytes + 1, len - 1) == 0;
}

size_t extent_run(const unsigned char *bytes, size_t len, bool *zeros)
{
	size_t run = 0;

	while (run < len) {
		const size_t grain = len - run < EXTENT_GRAIN ? len - run : EXTENT_GRAIN;
		const bool zero = is_zero(bytes + run, grain);

		if (run == 0)
			*zeros = zero;
		else if (zero != *zeros)
			break;
		run += grain;
	}
	return run;
}
