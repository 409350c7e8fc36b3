/* SPDX-License-Identifier: Apache-2.0 */
/* nfs: preloaded into libvirtd, it makes the instances directory look like NFS: libvirt lets a guest with shared storage
 * migrate only between file systems that it knows to be shared. Source: virFileIsSharedFSType() of libvirt. */
#include <dlfcn.h>
#include <linux/magic.h>
#include <string.h>
#include <sys/vfs.h>

static const char shared[] = "/var/lib/nova/instances";

int statfs(const char *path, struct statfs *out)
{
	int (*const next)(const char *, struct statfs *) =
		(int (*)(const char *, struct statfs *))dlsym(RTLD_NEXT, "statfs");
	const int rc = next(path, out);

	if (rc == 0 && strncmp(path, shared, sizeof(shared) - 1) == 0)
		out->f_type = NFS_SUPER_MAGIC;
	return rc;
}

/* The same here; libvirt is built with large files. */
int statfs64(const char *path, struct statfs64 *out)
{
	return statfs(path, (struct statfs *)out);
}
