# SPDX-License-Identifier: Apache-2.0
"""A foreign program can use the installed library with only its headers and its pkg-config file."""
import subprocess

from conftest import BUILD

PROGRAM = r"""
#include <sender/migrate.h>
#include <sender/remotefs.h>
#include <stdio.h>

/* Names that are the library's inside: a program may have its own. */
int child_start(void) { return 1; }
int sftp_push(void) { return 2; }
int form_match(void) { return 3; }

struct seen { int begun, ended; pid_t last; };

static void on_execute(void *user, pid_t pid) { struct seen *seen = user; seen->begun++; seen->last = pid; }
static void on_completion(void *user, pid_t pid) { struct seen *seen = user; seen->ended += pid == seen->last; }

int main(int argc, char **argv)
{
	struct seen seen = { 0, 0, 0 };
	struct remotefs_fault fault;
	const struct remotefs_options options = {
		.transport = argv[1][0] == 's' ? REMOTEFS_SSH : REMOTEFS_RSYNC, .ssh_config = argv[2], .cancel_fd = -1,
		.on_execute = on_execute, .on_completion = on_completion, .user = &seen,
	};
	struct remotefs *const fs = remotefs_open("127.0.0.1", &options, &fault);

	if (argc != 4 || fs == NULL || remotefs_create_dir(fs, argv[3], &fault) != REMOTEFS_OK)
		return printf("%s\n", fault.text), 1;
	if (remotefs_create_dir(fs, "relative", &fault) != REMOTEFS_BAD_ARGUMENT)
		return 2;
	remotefs_close(fs);
	return seen.begun == 1 && seen.ended == 1 ? 0 : 3;
}
"""


def test_another_program_can_use_it(far, place, root):
    prefix = place / "prefix"
    subprocess.run(["cmake", "--install", BUILD / "sender", "--prefix", prefix], check=True,
                   stdout=subprocess.DEVNULL)
    found = list(prefix.rglob("rssh-nova-sender.pc"))
    assert len(found) == 1
    source = place / "program.c"
    source.write_text(PROGRAM)
    flags = subprocess.run(["pkg-config", "--define-variable=prefix=%s" % prefix, "--cflags", "--libs",
                            "rssh-nova-sender"], check=True, capture_output=True, text=True,
                           env={"PKG_CONFIG_PATH": str(found[0].parent), "PATH": "/usr/bin:/bin"}).stdout.split()
    program = place / "program"
    subprocess.run(["cc", "-std=c17", "-Wall", "-Wextra", "-Werror", "-D_GNU_SOURCE", source, "-o", program,
                    *flags], check=True)
    symbols = subprocess.run(["nm", "-g", "--defined-only", *prefix.rglob("librssh-nova-sender.a")], check=True,
                             capture_output=True, text=True).stdout
    names = [line.split()[2] for line in symbols.splitlines() if len(line.split()) == 3]
    assert len(names) > 8 and [name for name in names if not name.startswith("remotefs_")] == []
    for transport in "ssh", "rsync":
        done = subprocess.run([program, transport, far.ssh_config, root / transport], capture_output=True,
                              text=True)
        assert done.returncode == 0, done.stdout
        assert (root / transport).is_dir()
