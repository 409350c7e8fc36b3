/* SPDX-License-Identifier: Apache-2.0 */
/* domain_memory: would libvirt put the memory of an arriving domain into a file of the host's disk? It does so for memory
 * of any access, shared or private, that is neither a memfd nor of huge pages.
 * Takes:   the elements of a domain, in any order, as domain.h found them good.
 * Source:  qemuBuildMemoryBackendProps() of libvirt's qemu_command.c; for what Nova writes,
 *          _get_guest_memory_backing_config() and _get_cpu_numa_config_from_instance() of nova/virt/libvirt/driver.py.
 * Pure: no heap, no I/O, no globals. */
#ifndef POLICY_DOMAIN_MEMORY_H
#define POLICY_DOMAIN_MEMORY_H

#include <stdbool.h>
#include <stdint.h>

/* All zeros is one that has begun. A bit is a cell of NUMA, by its id. */
struct domain_memory {
	bool is_memfd;	  /* libvirt takes the first source: domain.def has no more than one */
	bool has_access;  /* of the whole domain */
	bool has_small;	  /* pages that are no huge ones: then none count */
	bool has_strange; /* a cell with an access, whose id is no plain number of a cell */
	uint64_t cells;	  /* that have an access of their own */
	uint64_t huge;	  /* that have huge pages */
};

/* attributes: name, value, name, value ... NULL. */
void domain_memory_start(struct domain_memory *memory, const char *path, const char *const *attributes);

/* The domain is over. Returns the path of the element by which its memory is in a file, a constant; NULL for none. */
const char *domain_memory_in_file(const struct domain_memory *memory);

#endif
