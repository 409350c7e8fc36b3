# SPDX-License-Identifier: Apache-2.0
"""Command lines on which explain and the shell must agree: those of Nova, small changes of them, and those of an
attacker. {I} is an instances root, {O} another, {A} to {E} are uuids: the peer has claimed {A}, another {B}, nobody
{C}; {D} does not exist; {E} is a symlink."""

CAPS = "iLsfxCIvu"
PROBE = "0123456789abcdef" * 2 + ".tmp"

NOVA = [
    "touch {I}/{U}/" + PROBE, "rm {I}/{U}/" + PROBE, "touch {I}/{U}/disk", "touch {I}/{U}/a/b", "rm {I}/{U}/disk",
    "mkdir -p {I}/{U}", "mkdir -p {I}/{U}/vtpm", "mkdir -p {I}/{U}/a/b/c", "rm -rf {I}/{U}/vtpm", "rm -rf {I}/{U}",
    "scp -t {I}/{U}/disk", "scp -r -t {I}/{U}", "scp -v -r -d -t {I}/{U}", "scp -f {I}/{U}/kernel",
    "scp -r -f {I}/{U}/ramdisk", "scp -f {I}/{U}/disk",
    "rsync --server -logDtpre." + CAPS + " --delete . {I}/{U}",
    "rsync --server -logDtpre." + CAPS + " --delete-excluded . {I}/{U}",
    "rsync --server -rSze." + CAPS + " . {I}/{U}/disk", "rsync --server -rSe." + CAPS + " . {I}/{U}",
    "rsync --server --sender -rSze." + CAPS + " . {I}/{U}/kernel",
    "rsync --server --sender -rSe." + CAPS + " . {I}/{U}/disk",
]

OTHERS = [
    "mkdir -p {O}/{A}", "touch {O}/{A}/" + PROBE, "scp -f {I}/_base/0123", "scp -r -f {I}/_base", "touch {I}/_base/x",
    "rsync --server --sender -rSze.iLsf . {I}/_base/x", "rsync --server -logDtprRe." + CAPS + " --no-implied-dirs . /",
    "rsync --server -logDtprRe.iLsf --no-implied-dirs . /", "rsync --server -logDtpre." + CAPS + " --delete . {I}",
    "rsync --server -logDtpre." + CAPS + " --delete . {O}", "/usr/lib/openssh/sftp-server",
    "/usr/libexec/openssh/sftp-server", "/usr/lib/ssh/sftp-server", "internal-sftp", "sftp-server",
    # an empty line, or too long a line
    "", " ", "  ", "\t", "touch", "rm", "mkdir", "mkdir -p", "scp", "scp -t", "rsync", "rsync --server",
    "a" * 4095, "a" * 4096, "a" * 100000, "touch {I}/{A}/" + "x" * 4200, "touch {I}/{A}/" + "x" * 300,
    "a a a a a a a a", "a a a a a a a a a", " ".join(["a"] * 2000),
    # syntax of a shell
    "touch {I}/{A}/x; id", "touch {I}/{A}/x;id", "touch {I}/{A}/$(id)", "touch {I}/{A}/`id`", "touch {I}/{A}/x | id",
    "touch {I}/{A}/x && id", "touch {I}/{A}/x & id", "touch {I}/{A}/x > /tmp/x", "touch {I}/{A}/x < /etc/passwd",
    "touch {I}/{A}/x\nid", "touch {I}/{A}/x\rid", "touch {I}/{A}/x # y", "touch {I}/{A}/\x1b[2J", "touch {I}/{A}/\x7f",
    "touch {I}/{A}/\xe9", "touch {I}/{A}/\udcff", "rm -rf {I}/*", "rm -rf {I}/?", "rm -rf {I}/[a-z]", "rm -rf ~/x",
    "rm -rf $HOME", "rm -rf {{a,b}}", "r''m {I}/{A}/x", '"rm" {I}/{A}/x', "\\rm {I}/{A}/x", "rm '{I}/{A}/x", "rm \\\n{I}",
    "touch {I}/{A}/%n", "touch {I}/{A}/x!", "() {{ :;}}; id", "touch {I}/{A}/x=1", "touch {I}/{A}/a:b,c@d+e-f",
    # blanks
    " touch {I}/{A}/x", "touch {I}/{A}/x ", "touch  {I}/{A}/x", "touch\t{I}/{A}/x", "touch {I}/{A}/x\n",
    # other programs and spellings
    "sh -c 'virt-ssh-helper 'qemu:///system''", "sh -c 'virt-ssh-helper'",
    "id", "sh", "/bin/sh", "bash -i", "env rm {I}/{A}/x", "LD_PRELOAD=x rm {I}/{A}/x", "/bin/rm {I}/{A}/x", "RM {I}/{A}/x",
    "rmdir {I}/{A}", "scpx -t {I}/{A}", "busybox rm {I}/{A}/x", "sudo rm {I}/{A}/x", "nice rm {I}/{A}/x", "touch. {I}/{A}/x",
    "tou {I}/{A}/x", "cat {I}/{A}/disk", "dd of={I}/{A}/disk", "qemu-img info {I}/{A}/disk", "nc 127.0.0.1 22",
    "/bin/sh /var/lib/nova/.ssh/rc", "/tmp/rm {I}/{A}/x", "./rm {I}/{A}/x", "exec rm {I}/{A}/x",
    # rssh-nova itself
    "rssh-nova", "rssh-nova --config=/tmp/c", "rssh-nova --config {CONFIG}", "rssh-nova --profile admin", "rssh-nova -c id",
    "/usr/bin/rssh-nova --version", "rssh-nova --version", "rssh-nova x", "./rssh-nova --config {CONFIG}", "rssh-novax",
    # options that Nova does not send
    "touch -a {I}/{A}/x", "touch -r /etc/passwd {I}/{A}/x", "touch -- {I}/{A}/x", "touch {I}/{A}/x {I}/{A}/y",
    "rm -r {I}/{A}", "rm -f {I}/{A}/x", "rm -fr {I}/{A}", "rm -rf -v {I}/{A}", "rm -rf {I}/{A} {I}/{B}", "rm -rf -- {I}/{A}",
    "mkdir {I}/{A}", "mkdir -p -m 777 {I}/{A}", "mkdir -pv {I}/{A}", "mkdir -p {I}/{A} {I}/{B}", "mkdir --parents {I}/{A}",
    "scp {I}/{A} x", "scp -t -f {I}/{A}", "scp -f -t {I}/{A}", "scp -t -oX", "scp -S x -t {I}/{A}", "scp -vS x -t {I}/{A}",
    "scp -o ProxyCommand=x -t {I}/{A}", "scp -F x -t {I}/{A}", "scp -i x -t {I}/{A}", "scp -p -t {I}/{A}", "scp -3 -t {I}/{A}",
    "scp -r -v -t {I}/{A}", "scp -t {I}/{A} {I}/{B}", "scp -t -- {I}/{A}", "scp -rt {I}/{A}", "scp -d -r -t {I}/{A}",
    "/usr/lib/openssh/sftp-server -d /etc", "/usr/lib/openssh/sftp-server -u 0", "/usr/lib/openssh/sftp-serverx",
    "/usr/lib/openssh/../openssh/sftp-server", "/bin/sftp-server", "internal-sftp -d /", "/usr/lib/sftp-server",
    "rsync --server -rSze. . {I}/{A}", "rsync --server -rSze.1a . {I}/{A}", "rsync --server -rSze31." + CAPS + " . {I}/{A}",
    "rsync --server -rSz . {I}/{A}", "rsync --server -e.x -rSze.x . {I}/{A}", "rsync --server -rSze.x . {I}/{A} /etc/shadow",
    "rsync --server -rSze.x {I}/{A}", "rsync --server -rSze.x / {I}/{A}", "rsync -rSze.x . {I}/{A}", "rsync --daemon",
    "rsync --server --daemon .", "rsync --server --daemon --config=/tmp/x .", "rsync --server -rSze.x --rsh=x . {I}/{A}",
    "rsync --server -se.x . {I}/{A}", "rsync --server -s", "rsync --server -rsSze.x . {I}/{A}", "rsync --server -re.x . {I}/{A}",
    "rsync --server --sender -logDtpre.x . {I}", "rsync --server -logDtpre.x --delete --delete . {I}/{A}",
    "rsync --server -logDtpre.x --delete-before . {I}/{A}", "rsync --server -logDtpre.x . {I}/{A}",
    "rsync --server -logDtprRe.x --no-implied-dirs . /etc", "rsync --server -logDtprRe.x --no-implied-dirs . {I}",
    "rsync --server -logDtprRe.x . /", "rsync --server -rSze.x --log-file=/tmp/x . {I}/{A}", "rsync --sender --server -rSze.x . {I}/{A}",
    "rsync --server -rSze.x --temp-dir=/tmp . {I}/{A}", "rsync --server -rSze.x --write-devices . {I}/{A}",
    "rsync --server -rSze.x --link-dest=/etc . {I}/{A}", "rsync --server -rSze.x --copy-as=root . {I}/{A}",
    "rsync --server -rSze.x --files-from=/etc/passwd . {I}/{A}", "rsync --server -rSze.x --chmod=u+s . {I}/{A}",
    "rsync --server -rSze.x --usermap=0:0 . {I}/{A}", "rsync --server -rSze.x -- . {I}/{A}", "rsync --server -rSze." + "x" * 40 + " . {I}/{A}",
    "rsync --server --sender --remove-source-files -rSze.x . {I}/{A}/kernel", "rsync --server -rSze.x --max-alloc=0 . {I}/{A}",
    # paths
    "touch {I}/{A}/../../x", "touch {I}/{A}/..", "rm -rf {I}/..", "rm -rf {I}", "rm -rf {I}/", "rm -rf {I}//{A}", "rm -rf {I}/./{A}",
    "rm -rf /./{I}/{A}", "rm -rf {I}2/{A}", "rm -rf {I}/{A}/", "rm -rf {A}", "rm -rf ./{A}", "rm -rf /", "rm -rf //", "rm -rf .",
    "rm -rf ..", "rm -rf /proc/self/root{I}/{A}", "rm /etc/passwd", "touch /etc/cron.d/x", "mkdir -p /root/.ssh", "mkdir -p {I}",
    "mkdir -p {I}/{A}_resize", "rm -rf {I}/{A}_resize", "mkdir -p {I}/{AUP}", "mkdir -p {I}/{A}0", "mkdir -p {I}/{A35}", "mkdir -p {I}/x",
    "mkdir -p {I}/_base", "rm -rf {I}/_base", "rm -rf {I}/locks", "touch {I}/locks/x", "touch {I}/compute_nodes", "mkdir -p {I}/.ssh",
    "touch {I}/{A}/.x", "touch {I}/{A}/.ssh/x", "touch {I}/{A}", "rm {I}/{A}", "touch {I}/" + PROBE, "touch {I}/{A}/x/" + PROBE,
    "touch {I}/{C}/" + PROBE.upper(), "touch {I}/{C}/" + PROBE + "x", "rm -rf {I}/{C}/" + PROBE, "mkdir -p {I}/{C}/" + PROBE,
    "scp -f /etc/shadow", "scp -f {I}/{A}/console.log", "scp -r -f {I}", "scp -r -f {I}/{A}", "scp -f {I}/{A}/kernel/../disk",
    "scp -t /etc/cron.d", "scp -t {I}", "scp -t {I}/_base/x", "scp -f {I}/_base/../{A}/disk", "scp -f {I}/{A}/kernelx",
    "rsync --server -rSze.x . /etc", "rsync --server -rSze.x . {I}", "rsync --server --sender -rSze.x . /etc/shadow",
    "rsync --server -logDtpre.x --delete . /", "rsync --server -logDtpre.x --delete . {I}/_base", "rsync --server -logDtpre.x --delete . {I}/{A}/x",
    "rsync --server -logDtpre.x --delete-excluded . {I}", "rsync --server -logDtpre.x --delete-excluded . /", "scp -f {I}/{A}/link",
    "rsync --server --sender -rSze.x . {I}/_base/link", "scp -f {I}/_base/link",
]


def lines(node, uuids):
    """Every line as bytes, with its names filled in."""
    names = {"I": node.root, "O": node.other, "CONFIG": node.config, **uuids,
             "AUP": uuids["A"].upper(), "A35": uuids["A"][:-1]}
    for uuid in ("C", "B", "D", "E", "A"):
        yield from (line.format(U=uuids[uuid], **names).encode(errors="surrogateescape") for line in NOVA)
    yield from (line.format(**names).encode(errors="surrogateescape") for line in OTHERS)
