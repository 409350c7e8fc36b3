# SPDX-License-Identifier: Apache-2.0
"""nova-path: with the folder first on their PATH, Nova's unmodified drivers work as before, over one connection. All
other calls go to the real program word for word."""
import os
import pathlib
import shutil
import signal
import subprocess
import time

import pytest

import far as far_module
from conftest import BUILD, Nova, make_sparse

MIB = 1 << 20
FOLDER = BUILD / "nova-path"
NAMES = ["ssh", "scp", "rsync", "qemu-img"]
TRANSPORTS = ["ssh", "rsync"]
PROBE = "0123456789abcdef" * 2 + ".tmp"


def private_folder():
    return pathlib.Path("/tmp/.rssh-nova-path.%d" % os.geteuid())


def client(far, name, folder=None):
    (far.dir / name).mkdir()
    made = Nova(far, far.dir / name, folder)
    yield made
    made.stop()


@pytest.fixture(scope="session")
def our_client(far):
    yield from client(far, "with", FOLDER)


@pytest.fixture(scope="session")
def theirs(far):
    yield from client(far, "without")


@pytest.fixture
def ours(our_client, far):
    """Each test starts without a connection."""
    yield our_client
    far.cut()
    wait_until(lambda: not far.sessions())


@pytest.fixture
def echo(place):
    """Programs behind the folder on PATH that record their arguments."""
    bin_ = place / "echo"
    bin_.mkdir()
    for name in NAMES:
        (bin_ / name).write_text('#!/bin/sh\nprintf "%s\\n" "$0" "$@"\nprintf "RSH=%s\\n" "$RSYNC_RSH"\nexit 42\n')
        (bin_ / name).chmod(0o755)

    def run(name, *words, **more):
        return subprocess.run([name, *words], capture_output=True, text=True, env=dict(
            os.environ, PATH="%s:%s:/usr/bin:/bin" % (FOLDER, bin_), **more), executable=FOLDER / name)
    run.bin = bin_
    return run


OTHER = [
    ["ssh", "host"], ["ssh", "-V"], ["ssh"], ["scp"], ["rsync"], ["rsync", "--version"],
    ["qemu-img"], ["qemu-img", "--version"], ["qemu-img", "info", "/x", "--output=json"],
    ["ssh", "-o", "BatchMode=no", "host", "touch", "/x"],
    ["ssh", "-o", "BatchMode=yes", "host", "touch", "x"],
    ["ssh", "-o", "BatchMode=yes", "host", "touch", "/x y"],
    ["ssh", "-o", "BatchMode=yes", "host", "touch", "/x;y"],
    ["ssh", "-o", "BatchMode=yes", "-host", "touch", "/x"],
    ["ssh", "-o", "BatchMode=yes", "host", "mkdir", "/x"],
    ["ssh", "-o", "BatchMode=yes", "host", "rm", "-r", "/x"],
    ["ssh", "-o", "BatchMode=yes", "host", "cat", "/x"],
    ["ssh", "-o", "BatchMode=yes", "host", "rm", "-rf", "/x", "/y"],
    ["scp", "-r", "/x", "/y"], ["scp", "-r", "h:/x", "h:/y"], ["scp", "-p", "-r", "/x", "h:/y"],
    ["scp", "-C", "/x", "h:/y"], ["scp", "/x", "h:/y"], ["scp", "-r", "-C", "/x", "h:/y"],
    ["scp", "-r", "/x", "h:y"], ["scp", "-r", "/x", "h:/y*"], ["scp", "-r", "h:/x y", "/z"],
    ["scp", "-r", "-x", "h:/y"], ["scp", "-r", "/x", "scp://h/y"], ["scp", "-r", "/x", "::1:/y"],
    ["rsync", "-a", "/x", "h:/y"], ["rsync", "-r", "--sparse", "/x", "h:/y", "--delete"],
    ["rsync", "--archive", "--delete", "--include", "x", "--exclude", "y", "/a/", "h:/b"],
]


@pytest.fixture
def guarded(place, echo):
    """The folder beside a rssh-nova-admin of the test, if that is given; and the real qemu-img behind it."""
    def run(admin, *words):
        top = place / "guarded"
        shutil.copytree(FOLDER, top / "nova-path", symlinks=True)
        if admin is not None:
            (top / "rssh-nova-admin").write_text("#!/bin/sh\n" + admin)
            (top / "rssh-nova-admin").chmod(0o755)
        done = subprocess.run(["qemu-img", *words], capture_output=True, text=True, executable=top / "nova-path/qemu-img",
                              env=dict(os.environ, PATH="%s:%s:/usr/bin:/bin" % (top / "nova-path", echo.bin)))
        shutil.rmtree(top)
        return done
    return run


def test_qemu_img_asks_the_fence_first(guarded, echo):
    words = ["create", "-o", "backing_file=/i/_base/x,size=1", "/i/u/disk", "1G"]
    done = guarded('printf "%s\\n" "$@" >&2\n', *words)
    assert done.stderr.split("\n")[:-1] == ["fence", "--files", "--", "/i/_base/x", "/i/u/disk"], done
    assert done.stdout.split("\n")[:-1] == [str(echo.bin / "qemu-img"), *words, "RSH="] and done.returncode == 42
    assert guarded("exit 1", "--version").returncode == 42, "no file, no question"


@pytest.mark.parametrize("admin, said", [
    ("echo rssh-nova: refused: u/disk: data-file >&2; exit 1", "rssh-nova: refused: u/disk: data-file\n"),
    ("exit 2", ""), ("kill -9 $$", ""), (None, "rssh-nova: refused: rssh-nova-admin is missing: install rssh-nova again\n")])
def test_what_the_fence_refuses_is_not_opened(guarded, admin, said):
    done = guarded(admin, "info", "/i/u/disk")
    assert (done.returncode, done.stdout, done.stderr) == (1, "", said)


def test_more_files_than_it_can_ask_about_are_refused(guarded):
    done = guarded("exit 0", *["info"] + ["/x"] * 17)
    assert (done.returncode, done.stdout) == (1, "") and "too many files" in done.stderr


@pytest.mark.parametrize("words", OTHER, ids=" ".join)
def test_what_is_not_novas_goes_on_word_for_word(echo, words):
    done = echo(*words)
    assert done.returncode == 42
    assert done.stdout.splitlines() == [str(echo.bin / words[0]), *words[1:], "RSH="]


def test_novas_commands_get_the_shared_connection(echo):
    done = echo("ssh", "-o", "BatchMode=yes", "host", "mkdir", "-p", "/x/y")
    lines = done.stdout.splitlines()
    assert done.returncode == 42 and lines[-7:-1] == ["-o", "BatchMode=yes", "host", "mkdir", "-p", "/x/y"]
    assert "-oControlMaster=auto" in lines and "-oControlPath=%s/%%C" % private_folder() in lines
    done = echo("rsync", "-r", "--sparse", "/x", "host:/y", "--compress")
    lines = done.stdout.splitlines()
    assert lines[1:-1] == ["-r", "--sparse", "/x", "host:/y", "--compress"]
    assert lines[-1].startswith("RSH=%s/ssh -oControlMaster=auto " % echo.bin)
    assert echo("rsync", "-r", "--sparse", "/x", "host:/y", RSYNC_RSH="mine").stdout.splitlines()[-1] == "RSH=mine"


def test_without_a_private_folder_nothing_is_shared(echo, place):
    folder = private_folder()
    aside = folder.with_name(folder.name + ".aside")
    folder.mkdir(mode=0o700, exist_ok=True)
    folder.rename(aside)
    try:
        folder.symlink_to(place)
        assert "-oControlMaster=auto" not in echo("ssh", "-o", "BatchMode=yes", "h", "rm", "/x").stdout
        folder.unlink()
        folder.mkdir()
        folder.chmod(0o755)
        assert "-oControlMaster=auto" not in echo("ssh", "-o", "BatchMode=yes", "h", "rm", "/x").stdout
        assert echo("scp", "-r", "/etc/hosts", "h:/y").stdout.splitlines()[1:-1] == ["-r", "/etc/hosts", "h:/y"]
        folder.rmdir()
    finally:
        aside.rename(folder)


def test_two_such_folders_do_not_call_each_other_for_ever(echo, place):
    other = place / "other"
    shutil.copytree(FOLDER, other, symlinks=True)
    done = subprocess.run(["ssh", "host"], capture_output=True, text=True, timeout=30, executable=FOLDER / "ssh",
                          env={"PATH": "%s:%s:%s" % (FOLDER, other, echo.bin)})
    assert done.returncode == 42 and done.stdout.splitlines()[1:-1] == ["host"]


def test_without_a_real_program_it_says_so():
    done = subprocess.run([FOLDER / "scp"], capture_output=True, text=True, env={"PATH": str(FOLDER)})
    assert done.returncode == 1 and "usage: scp" in done.stderr  # the one in /usr/bin, if PATH has none


def steps_of(transport, near, instance, names):
    steps = [("create_file", ["127.0.0.1", instance / PROBE], {}, True)]
    if transport == "rsync":
        steps.append(("remove_file", ["127.0.0.1", instance / PROBE], {}, False))
    steps.append(("create_dir", ["127.0.0.1", instance], {}, False))
    return steps + [("copy_file", [near / name, "127.0.0.1:%s/%s" % (instance, name)], {"compression": compression},
                     False) for name, compression in names]


FILES = [("disk", True), ("disk.config", False), ("disk.eph0", True), ("disk.eph1", True), ("disk.info", True)]


@pytest.fixture
def migration(near):
    make_sparse(near / "disk")
    (near / "disk.config").write_bytes(b"CD001" + os.urandom(70000))
    (near / "disk.eph0").write_bytes(bytes(8 * MIB))
    (near / "disk.eph1").write_text("a line that compresses well\n" * 20000)
    (near / "disk.info").write_text("{}")
    return near


@pytest.mark.parametrize("transport", TRANSPORTS)
@pytest.mark.parametrize("shell", ["plain", "rssh-nova"])
def test_a_migration_by_novas_own_driver(request, ours, far, migration, instance, transport, shell):
    if shell == "rssh-nova":
        request.getfixturevalue("rssh_nova")
    log = far.dir / "sshd.log"
    before = log.read_text().count("Accepted publickey")
    ours.run(transport, *steps_of(transport, migration, instance, FILES))
    for name, _ in FILES:
        assert (instance / name).read_bytes() == (migration / name).read_bytes()
    # -C has a connection of its own, for what is worth it: disk.eph1 alone.
    assert log.read_text().count("Accepted publickey") == before + (2 if transport == "ssh" else 1)
    if transport == "ssh":
        assert os.stat(instance / "disk.eph0").st_blocks == 0
        assert os.stat(instance / "disk").st_blocks * 512 < MIB
    ours.run(transport, ("remove_dir", ["127.0.0.1", instance], {}, False))
    assert not instance.exists()


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_the_far_end_sees_the_same_command_lines(ours, theirs, far, migration, instance, transport):
    lines = []
    for client in ours, theirs:
        far.forget()
        client.run(transport, *steps_of(transport, migration, instance, FILES),
                   ("remove_dir", ["127.0.0.1", instance], {}, False))
        lines.append(far.commands())
    assert lines[0] == lines[1]


def nova_failures(client, near, instance):
    """As Nova logs them: exit status, stderr, command."""
    (near / "file").write_text("file")
    client.run("ssh", *[(method, arguments, {}, True) for method, arguments in [
        ("create_file", ["127.0.0.1", instance / "not" / "there"]),
        ("remove_file", ["127.0.0.1", instance / "missing"]),
        ("copy_file", [near / "missing", "127.0.0.1:%s/x" % instance]),
        ("copy_file", [near / "file", "127.0.0.1:%s/not/there" % instance]),
        ("copy_file", ["127.0.0.1:%s/missing" % instance, near / "back"]),
        ("copy_file", [near / "file", "nobody-of-that-name@127.0.0.1:%s/x" % instance]),
        ("create_dir", ["nobody-of-that-name@127.0.0.1", instance]),
    ]])
    return client.failed


def test_what_fails_fails_as_before(ours, theirs, near, instance):
    instance.mkdir()
    mine, others = nova_failures(ours, near, instance), nova_failures(theirs, near, instance)
    for one, other in zip(mine, others, strict=True):
        assert one is not None and other is not None
        assert one[0] == other[0] and one[3] == other[3] and one[1] == other[1], (one, other)
        said, wanted = [line.split(": ", 1)[-1] for line in one[2].splitlines()], other[2]
        assert said and all(line.split('"')[0] in wanted for line in said), (one[2], wanted)
    assert os.listdir(near) == ["file"]


def test_a_pull(ours, rssh_nova, near, root):
    (root / "_base").mkdir()
    image = make_sparse(root / "_base" / ("a" * 40))
    ours.run("ssh", ("copy_file", ["127.0.0.1:%s" % image, near / "image"], {}, False),
             ("copy_file", ["127.0.0.1:%s" % image, near], {"compression": False}, False),
             ("copy_file", ["127.0.0.1:%s" % image, near / "image"], {}, False))
    assert (near / "image").read_bytes() == image.read_bytes() == (near / ("a" * 40)).read_bytes()
    assert os.stat(near / ("a" * 40)).st_blocks * 512 < MIB


def test_a_directory(ours, theirs, near, root):
    (near / "ploop" / "empty").mkdir(parents=True)
    (near / "ploop" / "root.hds").write_bytes(os.urandom(100000))
    (near / "ploop" / "link").symlink_to("root.hds")
    for name, client in ("ours", ours), ("theirs", theirs):
        client.run("ssh", ("copy_file", [near / "ploop", "127.0.0.1:%s" % (root / name)], {}, False),
                   ("copy_file", ["127.0.0.1:%s" % (root / name), near / name], {}, False))
    for side in root, near:
        assert subprocess.run(["diff", "-r", side / "ours", side / "theirs"]).returncode == 0
    assert not (root / "ours" / "link").is_symlink()


def test_a_refused_image_says_where_to_look(ours, rssh_nova, hostile, instance):
    """sshd drops the line with the reason, and the real scp says nothing at all."""
    ours.run("ssh", ("create_dir", ["127.0.0.1", instance], {}, False),
             ("copy_file", [hostile / "disk", "127.0.0.1:%s/disk" % instance], {}, True))
    [(_, status, said, _)] = [row for row in ours.failed if row is not None]
    assert (status, said) == (1, "scp: 127.0.0.1 did not take what was copied (status 77): its audit says why\n")
    assert not os.path.exists(instance / "disk")


@pytest.mark.parametrize("host", ["::1", "far-alias"])
def test_every_spelling_of_a_host(ours, near, instance, host):
    (near / "file").write_text("file")
    prefix = "[::1]" if host == "::1" else host
    ours.run("ssh", ("create_dir", [host, instance], {}, False),
             ("copy_file", [near / "file", "%s:%s/file" % (prefix, instance)], {}, False))
    assert (instance / "file").read_text() == "file"


def test_a_server_without_sftp(ours, far, near, root):
    """scp -O of the wrapper is what the real tool would be there: nothing fails that did not fail before."""
    ours.write_scp("-O")
    far.be('case $SSH_ORIGINAL_COMMAND in *sftp-server) exit 1;; esac\nexec /bin/sh -c "$SSH_ORIGINAL_COMMAND"\n')
    (near / "file").write_text("file")
    ours.run("ssh", ("copy_file", [near / "file", "127.0.0.1:%s/file" % root], {}, False))
    assert (root / "file").read_text() == "file"
    ours.write_scp("")


def wait_until(what, seconds=30):
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.02)


def is_gone(pid):
    try:
        return pathlib.Path("/proc/%d/stat" % pid).read_text().rsplit(")", 1)[1].split()[0] == "Z"
    except OSError:
        return True


def command_line(pid):
    try:
        return pathlib.Path("/proc/%d/cmdline" % pid).read_text()
    except OSError:
        return ""


def servers(far):
    return [pid for pid in far.sessions() if "sftp-server" in command_line(pid)]


@pytest.mark.parametrize("signo", [signal.SIGKILL, signal.SIGTERM])
def test_the_process_that_nova_kills_ends_the_copy(ours, far, near, root, signo):
    """Nova kills by pid when it aborts a migration."""
    far.be_slow("*sftp-server", 32768, 0.1)
    with open(near / "disk", "wb") as out:
        out.write(os.urandom(32 * MIB))
    for attempt in range(2):  # the first makes the connection, the second shares it
        process = subprocess.Popen(["scp", "-r", near / "disk", "127.0.0.1:%s/disk" % root],
                                   executable=FOLDER / "scp", stdin=subprocess.DEVNULL,
                                   env={"PATH": ":".join(ours.path), "HOME": "/root"})
        wait_until(lambda: (root / "disk").exists() and (root / "disk").stat().st_size > 0)
        children = [pid for pid in far_module.descendants(process.pid)]
        assert children
        process.send_signal(signo)
        assert process.wait(timeout=30) == -signo
        wait_until(lambda: all(is_gone(pid) for pid in children))
        wait_until(lambda: not servers(far))
        size = (root / "disk").stat().st_size
        assert size < 32 * MIB
        (root / "disk").unlink()


def test_no_pipe_of_novas_stays_open(ours, near, root):
    """The connection that stays must not hold what Nova reads to its end."""
    (near / "file").write_text("file")
    begun = time.monotonic()
    ours.run("ssh", ("create_dir", ["127.0.0.1", root / "x"], {}, False),
             ("copy_file", [near / "file", "127.0.0.1:%s/x/file" % root], {}, False))
    assert time.monotonic() - begun < 30


def test_a_connection_that_died_is_made_again(ours, far, near, root):
    (near / "file").write_text("file")
    for number in range(3):
        ours.run("ssh", ("create_dir", ["127.0.0.1", root / str(number)], {}, False),
                 ("copy_file", [near / "file", "127.0.0.1:%s/%d/file" % (root, number)], {}, False))
        far.cut()
        wait_until(lambda: not far.sessions())


def test_more_commands_at_a_time_than_one_connection_takes(ours, far, root):
    """sshd lets ten sessions into one connection: MaxSessions. The others make one of their own."""
    far.be('sleep 1\nexec /bin/sh -c "$SSH_ORIGINAL_COMMAND"\n')
    env = {"PATH": ":".join(ours.path), "HOME": "/root"}
    words = ["ssh", "-o", "BatchMode=yes", "127.0.0.1", "mkdir", "-p"]
    running = [subprocess.Popen([*words, root / str(number)], executable=FOLDER / "ssh", env=env,
                                stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL) for number in range(14)]
    assert [process.wait(timeout=60) for process in running] == [0] * 14
    assert len(os.listdir(root)) == 14


def test_only_our_user_can_use_the_connection(ours, root):
    ours.run("ssh", ("create_dir", ["127.0.0.1", root / "x"], {}, False))
    folder = private_folder()
    assert folder.stat().st_mode & 0o7777 == 0o700 and folder.stat().st_uid == os.geteuid()
