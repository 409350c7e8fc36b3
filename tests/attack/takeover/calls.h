/* SPDX-License-Identifier: Apache-2.0 */
/* calls: what differs from one architecture to the next.
 * The numbers of x86's older calls, which later architectures do not have; the calls that libc's functions make here;
 * the paths of the loader and of the libraries. */
#ifndef TAKEOVER_CALLS_H
#define TAKEOVER_CALLS_H

#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifdef __aarch64__
#define LOADER_DIRECTORY "/lib"
#define LOADER LOADER_DIRECTORY "/ld-linux-aarch64.so.1"
#define LIBRARIES "/usr/lib/aarch64-linux-gnu"
#else
#define LOADER_DIRECTORY "/lib64"
#define LOADER LOADER_DIRECTORY "/ld-linux-x86-64.so.2"
#define LIBRARIES "/usr/lib/x86_64-linux-gnu"
#endif

/* Newer than the headers. */
#ifndef SYS_fchmodat2
#define SYS_fchmodat2 452
#endif
#define SYS_setxattrat 463
#define SYS_file_setattr 469

/* This architecture has no such call: it is not made and not counted, and fails with ENOSYS. */
#define NO_CALL (-1)
#ifdef __aarch64__
#define SYS__sysctl NO_CALL
#define SYS_arch_prctl NO_CALL
#define SYS_chmod NO_CALL
#define SYS_chown NO_CALL
#define SYS_creat NO_CALL
#define SYS_dup2 NO_CALL
#define SYS_fork NO_CALL
#define SYS_futimesat NO_CALL
#define SYS_inotify_init NO_CALL
#define SYS_ioperm NO_CALL
#define SYS_iopl NO_CALL
#define SYS_lchown NO_CALL
#define SYS_link NO_CALL
#define SYS_mkdir NO_CALL
#define SYS_mknod NO_CALL
#define SYS_modify_ldt NO_CALL
#define SYS_open NO_CALL
#define SYS_pipe NO_CALL
#define SYS_poll NO_CALL
#define SYS_rename NO_CALL
#define SYS_rmdir NO_CALL
#define SYS_select NO_CALL
#define SYS_symlink NO_CALL
#define SYS_sysfs NO_CALL
#define SYS_unlink NO_CALL
#define SYS_uselib NO_CALL
#define SYS_ustat NO_CALL
#define SYS_utime NO_CALL
#define SYS_utimes NO_CALL
#define SYS_vfork NO_CALL
#endif

/* Keeps count of a call that the filter must refuse. */
void denied_note(const char *call);

/* Fails with ENOSYS. */
long no_call(void);

#define TRIED(call, ...) (SYS_##call == NO_CALL ? no_call() : syscall(SYS_##call, ##__VA_ARGS__))
#define NOTED(call) (SYS_##call == NO_CALL ? (void)0 : denied_note(#call))
#define DENIED(call, ...) (NOTED(call), TRIED(call, ##__VA_ARGS__))
/* The filter lets it through for some roles, or refuses it uncounted; then another wall must hold. */
#define DENIED_BUT(roles, call, ...) ((has_role(roles) ? (void)0 : NOTED(call)), TRIED(call, ##__VA_ARGS__))
/* The filter treats fchmodat(2) as it treats chmod(2) if libc has no other call for chmod(3). */
#define IF_CHMOD_IS_FCHMODAT(roles) (SYS_chmod == NO_CALL ? (roles) : "")

/* Each makes the call that libc's function makes, and counts it unless the filter lets the role make it. */
long libc_chmod(const char *path, unsigned long mode); /* all 64 bits of mode reach the kernel */
long libc_link(const char *from, const char *to);
long libc_mkdir(const char *path, unsigned mode);
long libc_mknod(const char *path, unsigned mode, dev_t dev);
long libc_rename(const char *from, const char *to);
long libc_rmdir(const char *path);
long libc_symlink(const char *target, const char *path);
long libc_unlink(const char *path);

#endif
