# SPDX-License-Identifier: Apache-2.0
"""A hostile client of the tunnel: whatever it sends, nothing reaches the daemon but the calls of one migration, in their
order; and each refusal is recorded with what it was.
Held by: policy/rpc.c, policy/migration.c, policy/domain.c, shell/tunnel.c. The daemon is one that only answers."""

import concurrent.futures
import ctypes
import os
import random
import re
import signal
import socket
import struct
import subprocess
import time

import pytest

import libvirt_rpc as rpc
from testbed import namespace
from testbed.fixtures import needs_root
from testbed.patience import patient
from testbed.qcow2 import qcow2
from test_domains import U, text_of

pytestmark = needs_root
LINE = "sh -c 'virt-ssh-helper 'qemu:///system''"
SOCKET = "/run/libvirt/libvirt-sock"
PROCEDURES = 453  # of the remote protocol of libvirt 11.3
XML = text_of("plain.libvirt")
NAME = "instance-0000002a"  # in XML
COOKIE, KEPT = (text_of(name).replace("11111111-2222-4333-8444-555555555555", U).replace("instance-00000001", NAME)
                for name in ("prepare.cookie", "finish.cookie"))
BEFORE = (rpc.AUTH_LIST, rpc.FEATURE, rpc.OPEN, rpc.REGISTER)
URI = "tcp://10.77.0.2"


@pytest.fixture(scope="module")
def daemon(node):
    made = rpc.Daemon(SOCKET)
    yield made
    made.close()


@pytest.fixture(autouse=True)
def configured(node, daemon, tree):
    configure(node)
    daemon.forget()


def configure(node, tunnel="on", more=""):
    node.write_config(node.default_config + "[libvirt]\ntunnel = %s\nmigration_addresses = 10.77.0.2\n"
                      "listen_addresses = 10.77.0.2\n" % tunnel + more)


class Session:
    """One connection through rssh-nova."""

    def __init__(self, node, line=LINE, **more):
        self.node, self.mark, self.serial = node, node.syslog.mark(), 0
        self.child = node.start(line, **more)

    def send(self, data):
        try:
            self.child.stdin.write(data)
            self.child.stdin.flush()
        except BrokenPipeError:
            pass

    def reply(self):
        return rpc.read_message(lambda size: os.read(self.child.stdout.fileno(), size))

    def call(self, procedure, body=None, **more):
        body = rpc.BODIES.get(procedure, b"") if body is None else body
        self.send(rpc.message(procedure, body, serial=self.serial, **more))
        self.serial += 1
        return self.reply()

    def open(self, *procedures):
        for procedure in procedures or BEFORE:
            head, _ = self.call(procedure)
            assert head[3:6] == (procedure, rpc.REPLY, self.serial - 1)
        return self

    def prepare(self, xml=XML, cookie=COOKIE, flags=rpc.NOVA_FLAGS, **more):
        return self.call(rpc.PREPARE, rpc.migration(xml, cookie, flags, **more))

    def ask_to_finish(self, cookie=None, xml=None, cancelled=0, name=NAME, flags=rpc.NOVA_FLAGS):
        """Sends it alone: finish() also takes the reply."""
        body = rpc.migration(xml, cookie, flags, end=struct.pack(">I", cancelled), destination_name=name)
        self.send(rpc.message(rpc.FINISH, body, serial=9))

    def finish(self, cancelled=0, xml=XML, cookie=COOKIE, flags=rpc.NOVA_FLAGS, name=NAME):
        return self.call(rpc.FINISH, rpc.migration(xml, cookie, flags, struct.pack(">I", cancelled), destination_name=name))

    def end(self, data=b""):
        """The run, and the records of the domain."""
        run = self.node.finish(self.child, self.mark, data)
        return run, run.of("domain")


def expect_refused(session, finding, detail=None, reason="libvirt-call", data=b"", procedure=None):
    run, records = session.end(data)
    assert run.status == 77, (run.status, run.err)
    assert re.fullmatch(rb"rssh-nova: refused: %s \(ref [0-9a-f]+\)\n" % reason.encode(), run.err), run.err
    assert (records[-1]["step"], records[-1]["finding"]) == ("refuse", finding), records
    if procedure is not None:
        assert records[-1]["procedure"] == procedure, records[-1]
    if detail is not None:
        assert detail in records[-1]["detail"], records[-1]
    assert run.dones[-1]["status"] == "77"
    return run


def test_a_migration_passes(node, daemon):
    session = Session(node).open()
    assert session.prepare(migrate_uri=URI)[0][6] == rpc.OK
    assert session.finish()[0][6] == rpc.OK
    session.open(rpc.UNREGISTER, rpc.CLOSE)
    run, records = session.end()
    assert run.status == 0 and run.err == b""
    assert [record["step"] for record in records] == ["prepare", "finish", "end"]
    assert [record["procedure"] for record in records] == [
        "DOMAIN_MIGRATE_PREPARE3_PARAMS", "DOMAIN_MIGRATE_FINISH3_PARAMS", "-"]
    assert records[0]["instance"] == U and records[0]["name"] == "instance-0000002a"
    assert records[0]["flags"] == "live,peer2peer,persist-dest,undefine-source"
    assert records[0]["disks"] == "/var/lib/nova/instances/%s/disk" % U
    assert records[-1]["detail"] == "prepare done, finish done"
    assert run.decides[0]["form"] == "libvirt" and "seccomp" in run.decides[0]["confine"]
    assert daemon.procedures() == list(BEFORE) + [rpc.LOOKUP, rpc.PREPARE, rpc.LOOKUP, rpc.LOOKUP, rpc.FINISH,
                                                  rpc.UNREGISTER, rpc.CLOSE]


def test_backing_files_are_recorded(node, daemon):
    base = "/var/lib/nova/instances/_base/abc"
    backing = "<backingStore type='file'><format type='raw'/><source file='%s'/><backingStore/></backingStore><target" % base
    session = Session(node).open()
    assert session.prepare(xml=XML.replace("<target", backing, 1))[0][6] == rpc.OK
    assert session.end()[1][0]["disks"] == "/var/lib/nova/instances/%s/disk,%s" % (U, base)


def test_one_that_is_cancelled_and_one_that_fails_here_pass(node, daemon):
    session = Session(node).open()
    session.prepare()
    session.finish(cancelled=1, xml=None, cookie=None)
    run, records = session.end()
    assert [record["step"] for record in records] == ["prepare", "cancel", "end"]
    daemon.failing.add(rpc.PREPARE)
    session = Session(node).open()
    assert session.prepare()[0][6] == rpc.ERROR
    session.open(rpc.UNREGISTER, rpc.CLOSE)
    run, records = session.end()
    assert run.status == 0 and records[-1]["detail"] == "prepare failed, finish none"


def test_tunnel_that_is_off(node, daemon):
    configure(node, "off")
    before = daemon.connections
    run = node.run(LINE)
    assert run.status == 77 and b"refused: libvirt-tunnel" in run.err
    assert run.decides[0]["form"] == "-" and daemon.connections == before


@pytest.mark.parametrize("line", (
    "sh -c 'virt-ssh-helper -r 'qemu:///system''", "sh -c 'virt-ssh-helper 'lxc:///system''",
    "sh -c 'virt-ssh-helper 'qemu:///system''; id", "sh -c 'virt-ssh-helper 'qemu:///system' '",
    "sh -c 'if 'nc' -q 2>&1 | grep \"requires an argument\" >/dev/null 2>&1; then ARG=-q0;else ARG=;fi;'nc' $ARG -U /run/x'"))
def test_other_lines_are_refused_while_it_is_on(node, daemon, line):
    before = daemon.connections
    run = node.run(line)
    assert run.status == 77 and b"refused: libvirt-tunnel" in run.err
    assert daemon.connections == before


KNOWN = {rpc.OPEN, rpc.CLOSE, rpc.FEATURE, rpc.AUTH_LIST, rpc.POLKIT, rpc.PREPARE, rpc.FINISH, rpc.REGISTER, rpc.UNREGISTER}


def procedures_to_try():
    """Each that libvirt has and a live migration does not call, and some that no libvirt has."""
    strange = [(program, number) for program in (rpc.REMOTE, rpc.QEMU, rpc.LXC, rpc.ADMIN, rpc.LOCK, rpc.LOG, 0, 0xffffffff)
               for number in (0, 1, PROCEDURES + 1, 0xffffffff)]
    return [key for key in dict.fromkeys([*rpc.NAMES, *strange])
            if key[0] != rpc.KEEPALIVE and (key[0] != rpc.REMOTE or key[1] not in KNOWN)]


def test_the_table_of_procedures_is_whole():
    assert sorted(number for program, number in rpc.NAMES if program == rpc.REMOTE) == list(range(1, PROCEDURES + 1))
    assert len(rpc.NAMES) == len(set(rpc.NAMES.values())) == PROCEDURES + 30
    assert len([key for key in procedures_to_try() if key[0] == rpc.REMOTE]) == PROCEDURES - len(KNOWN) + 3


def test_each_procedure_but_those(node, daemon):
    """After the opening: nothing of it arrives, and the record has its name. tests/tunnel/run tries them all; else the
    first and the last of the remote protocol, and some of each kind."""
    tried = procedures_to_try()
    if "RSSH_NOVA_TUNNEL_ALL" not in os.environ:
        remote = [key for key in tried if key[0] == rpc.REMOTE and key in rpc.NAMES]
        tried = remote[:1] + remote[-1:] + random.Random(1).sample(tried, 22)
    for count, (program, number) in enumerate(tried, 1):
        session = Session(node).open()
        session.send(rpc.message(number, b"\0" * 64, program=program, serial=4))
        finding = "procedure" if program == rpc.REMOTE else "program"
        run = expect_refused(session, finding, "procedure %d " % number, procedure=rpc.name_of(program, number))
        assert len(run.of("domain")) == 1
        daemon.settle()
        assert daemon.procedures() == list(BEFORE) * count and len(daemon.got) == len(BEFORE) * count, (program, number)
    print("%d procedures" % len(tried))


OTHERS = {
    "monitor": (dict(procedure=1, program=rpc.QEMU), "program", "program 0x20008087"),
    "lxc": (dict(procedure=1, program=rpc.LXC), "program", "program 0x00068000"),
    "admin": (dict(procedure=1, program=rpc.ADMIN), "program", "program 0x06900690"),
    "lock": (dict(procedure=1, program=rpc.LOCK), "program", "program 0x0ea7beef"),
    "log": (dict(procedure=1, program=rpc.LOG), "program", "program 0x87539319"),
    "version": (dict(procedure=rpc.FEATURE, version=2), "program", ""),
    "reply": (dict(procedure=rpc.OPEN, kind=rpc.REPLY), "type", "type 1"),
    "event": (dict(procedure=rpc.OPEN, kind=rpc.EVENT), "type", "type 2"),
    "stream": (dict(procedure=rpc.PREPARE, kind=rpc.STREAM, status=2), "type", "type 3"),
    "descriptors": (dict(procedure=rpc.OPEN, kind=rpc.CALL_WITH_FDS), "type", "type 4"),
    "reply-with-descriptors": (dict(procedure=rpc.OPEN, kind=rpc.REPLY_WITH_FDS), "type", "type 5"),
    "hole": (dict(procedure=rpc.PREPARE, kind=rpc.HOLE), "type", "type 6"),
    "error": (dict(procedure=rpc.FEATURE, status=1), "arguments", ""),
    "short": (dict(procedure=rpc.FEATURE, length=27), "length", "length 27"),
    "zero": (dict(procedure=rpc.FEATURE, length=0), "length", "length 0"),
    "long": (dict(procedure=rpc.PREPARE, length=1 << 20 | 1), "length", ""),
    "huge": (dict(procedure=rpc.PREPARE, length=0xffffffff), "length", "length 4294967295"),
    "keepalive-call": (dict(procedure=1, program=rpc.KEEPALIVE), "type", "program 0x6b656570"),
    "keepalive-reply": (dict(procedure=2, program=rpc.KEEPALIVE, kind=rpc.REPLY), "type", ""),
    "keepalive-zero": (dict(procedure=0, program=rpc.KEEPALIVE, kind=rpc.EVENT), "procedure", ""),
    "keepalive-third": (dict(procedure=3, program=rpc.KEEPALIVE, kind=rpc.EVENT), "procedure", ""),
    "keepalive-version": (dict(procedure=1, program=rpc.KEEPALIVE, kind=rpc.EVENT, version=2), "program", ""),
    "keepalive-serial": (dict(procedure=1, program=rpc.KEEPALIVE, kind=rpc.EVENT, serial=1), "arguments", ""),
    "keepalive-error": (dict(procedure=1, program=rpc.KEEPALIVE, kind=rpc.EVENT, status=1), "arguments", ""),
    "keepalive-body": (dict(procedure=1, program=rpc.KEEPALIVE, kind=rpc.EVENT, body=b"\0" * 4), "length", ""),
    "open-again": (dict(procedure=rpc.OPEN, body=rpc.OPEN_BODY), "order", ""),
    "list-again": (dict(procedure=rpc.AUTH_LIST), "order", ""),
    "finish-first": (dict(procedure=rpc.FINISH), "order", "procedure 306"),
    "feature-body": (dict(procedure=rpc.FEATURE, body=b""), "arguments", ""),
    "close-body": (dict(procedure=rpc.CLOSE, body=b"\0\0\0\0"), "arguments", ""),
    "tunnelled": (dict(procedure=304, body=b"\0" * 64), "procedure", "procedure 304"),
}


@pytest.mark.parametrize("name", OTHERS)
def test_other_message(node, daemon, name):
    words, finding, detail = OTHERS[name]
    session = Session(node).open()
    session.send(rpc.message(**words))
    expect_refused(session, finding, detail, procedure=rpc.name_of(words.get("program", rpc.REMOTE), words["procedure"]))
    daemon.settle()
    assert daemon.procedures() == list(BEFORE) and len(daemon.got) == len(BEFORE)


@pytest.mark.parametrize("body", (
    struct.pack(">I", 0) + struct.pack(">I", 0), struct.pack(">I", 1) + rpc.opaque(b"qemu:///system") + struct.pack(">I", 1),
    struct.pack(">I", 1) + rpc.opaque(b"qemu:///session") + struct.pack(">I", 0),
    struct.pack(">I", 1) + rpc.opaque(b"test:///default") + struct.pack(">I", 0), rpc.OPEN_BODY + b"\0" * 4),
    ids=("none", "read-only", "session", "test", "longer"))
def test_another_opening(node, daemon, body):
    session = Session(node).open(rpc.AUTH_LIST)
    session.send(rpc.message(rpc.OPEN, body, serial=1))
    expect_refused(session, "arguments", "procedure 1 ")
    assert daemon.procedures() == [rpc.AUTH_LIST]


def test_calls_out_of_order(node, daemon):
    session = Session(node)
    session.send(rpc.message(rpc.OPEN, rpc.OPEN_BODY))
    expect_refused(session, "order")
    session = Session(node).open()
    session.prepare()
    session.send(rpc.message(rpc.PREPARE, rpc.migration(XML, COOKIE), serial=9))
    expect_refused(session, "order", "procedure 303")
    assert daemon.procedures().count(rpc.PREPARE) == 1, "a second migration"
    session = Session(node).open()
    session.prepare()
    session.finish()
    session.send(rpc.message(rpc.FINISH, rpc.migration(None, None, end=b"\0\0\0\0"), serial=9))
    expect_refused(session, "order")


def test_finish_after_a_prepare_that_failed(node, daemon):
    """The daemon would end another node's migration of the same name."""
    daemon.failing.add(rpc.PREPARE)
    session = Session(node).open()
    assert session.prepare()[0][6] == rpc.ERROR
    session.ask_to_finish(cancelled=1)
    expect_refused(session, "order", "procedure 306", procedure="DOMAIN_MIGRATE_FINISH3_PARAMS")
    assert rpc.FINISH not in daemon.procedures()


def test_order_two_calls_at_once(node, daemon):
    session = Session(node)
    session.send(rpc.message(rpc.AUTH_LIST, serial=0) + rpc.message(rpc.FEATURE, rpc.FEATURE_BODY, serial=1))
    run, records = session.end()
    end = time.monotonic() + 10
    while not daemon.got and time.monotonic() < end:
        time.sleep(.01)  # the daemon may read when the session is over
    # Either the first was answered before the second was read, or the second came too early.
    assert run.status in (1, 77) and daemon.procedures() in ([rpc.AUTH_LIST], [rpc.AUTH_LIST, rpc.FEATURE])


def test_domain_and_keepalive_at_once(node, daemon):
    """What comes while the relay asks the daemon waits."""
    session = Session(node).open()
    daemon.slow = .3
    session.send(rpc.message(rpc.PREPARE, rpc.migration(XML, COOKIE), serial=4) + PING)
    heads = [session.reply()[0], session.reply()[0]]
    assert [head[1:4:2] for head in heads] == [(rpc.REMOTE, rpc.PREPARE), (rpc.KEEPALIVE, 2)]
    assert heads[0][6] == rpc.OK
    session.end()
    daemon.settle()
    got = [head[3] for head, _ in daemon.got[-4:]]
    assert got[:2] == [rpc.LOOKUP, rpc.PREPARE] and sorted(got[2:]) == [1, rpc.LOOKUP]


def test_every_fragmentation(node, daemon):
    """Byte by byte, and in pieces of all sizes, it is the same migration."""
    for size in (1, 2, 3, 7, 27, 28, 29, 1000, 4096):
        daemon.forget()
        session = Session(node).open()
        call = rpc.message(rpc.PREPARE, rpc.migration(XML, COOKIE, migrate_uri=URI), serial=4)
        for at in range(0, len(call), size):
            session.send(call[at:at + size])
        assert session.reply()[0][6] == rpc.OK
        session.child.stdin.close()
        assert session.child.wait(30) == 1  # it has not closed
        body, = [body for head, body in daemon.got if head[3] == rpc.PREPARE]
        assert body == rpc.migration(XML, COOKIE, migrate_uri=URI), "byte for byte"


@pytest.mark.parametrize("cut", (1, 27, 28, 100))
def test_connection_that_ends_within_a_message(node, daemon, cut):
    session = Session(node).open()
    call = rpc.message(rpc.PREPARE, rpc.migration(XML, COOKIE), serial=4)
    expect_refused(session, "cut", data=call[:cut], procedure="-" if cut < 28 else "DOMAIN_MIGRATE_PREPARE3_PARAMS")
    assert rpc.PREPARE not in daemon.procedures()


PING, PONG = (rpc.message(number, program=rpc.KEEPALIVE, kind=rpc.EVENT) for number in (1, 2))


def test_keepalive_passes_once_it_is_open(node, daemon):
    session = Session(node).open()
    for _ in range(3):
        session.send(PING)
        assert session.reply()[0][1] == rpc.KEEPALIVE
    session.prepare()
    session.send(PING)
    assert session.reply()[0][1] == rpc.KEEPALIVE
    session.end()


def test_keepalive_order(node, daemon):
    """Before the opening a client may answer the daemon's, not ask; and it does neither without end."""
    session = Session(node).open(rpc.AUTH_LIST)
    session.send(PING)
    expect_refused(session, "order", "program 0x6b656570")
    session = Session(node)
    session.send(PONG)
    expect_refused(session, "order", "program 0x6b656570")
    session = Session(node).open(rpc.AUTH_LIST)
    session.send(PONG)
    assert session.reply()[0][1] == rpc.KEEPALIVE  # the daemon of this test answers it
    session.open(rpc.OPEN)
    session.send(PONG * 1000)
    expect_refused(session, "order", "program 0x6b656570")
    assert sum(head[1] == rpc.KEEPALIVE for head, _ in daemon.got) < 1000


OPENING, OPENED = 10, 60  # seconds that a client has before OPEN, and behind it


def seconds_of(session, most):
    """How long its client may be silent, from now."""
    begun = time.monotonic()
    while session.child.poll() is None and time.monotonic() - begun < most:
        time.sleep(.1)
    return time.monotonic() - begun


@pytest.mark.parametrize("calls", ((), (rpc.AUTH_LIST,), (rpc.AUTH_LIST, rpc.FEATURE)), ids=("silent", "one", "two"))
def test_client_that_does_not_open(node, daemon, calls):
    """libvirtd has places for twenty that have not authenticated; all other clients wait until one is free."""
    session = Session(node)
    for procedure in calls:
        session.call(procedure)
    assert seconds_of(session, OPENED - 10) < OPENED - 10
    expect_refused(session, "late", procedure="-")


def test_opening_that_fails(node, daemon):
    """libvirtd refuses it to a client that has not authenticated."""
    daemon.failing.add(rpc.OPEN)
    session = Session(node).open(rpc.AUTH_LIST)
    assert session.call(rpc.OPEN)[0][6] == rpc.ERROR
    assert seconds_of(session, OPENED - 10) < OPENED - 10
    assert session.end()[0].status == 1


def test_client_that_opens_late(node, daemon):
    """Behind OPEN its time begins anew."""
    session = Session(node).open(rpc.AUTH_LIST, rpc.OPEN)
    time.sleep(OPENING + 2)
    assert session.prepare()[0][6] == rpc.OK
    session.end()


def test_sessions_that_last(node, daemon):
    """One that only keeps itself alive is late after a minute, one that does not read ends after half of it, and one that
    waits for its finish is late after two; with post-copy it is not. All at once, because it takes long."""
    daemon.silent.add(rpc.FINISH)
    finishing, copying = Session(node).open(), Session(node).open()
    for waiting, flags in ((finishing, rpc.NOVA_FLAGS), (copying, rpc.NOVA_FLAGS | rpc.POSTCOPY)):
        waiting.prepare(flags=flags)
        waiting.ask_to_finish(COOKIE, flags=flags)
    asked = time.monotonic()
    daemon.large.add(rpc.FEATURE)
    deaf = Session(node).open(rpc.AUTH_LIST)
    deaf.send(rpc.message(rpc.FEATURE, rpc.FEATURE_BODY, serial=1))
    session = Session(node).open(rpc.AUTH_LIST, rpc.OPEN)
    begun = time.monotonic()
    while session.child.poll() is None and time.monotonic() - begun < 70:
        session.send(PONG)
        time.sleep(.9)
    assert time.monotonic() - begun > OPENED - 10
    assert deaf.child.wait(0) == 1
    deaf.child.communicate()
    expect_refused(session, "late", procedure="-")
    assert finishing.child.poll() is None
    seconds_of(finishing, patient(90))
    assert finishing.child.poll() == 77 and time.monotonic() - asked > 110
    expect_refused(finishing, "late", procedure="-")
    assert daemon.procedures()[-1] == rpc.DESTROY
    assert copying.child.poll() is None
    copying.end()


def test_child_that_is_killed(node, daemon):
    """Its record of the end comes from the supervisor."""
    session = Session(node).open()
    session.prepare()
    os.kill(leaf_of(node), 9)
    run, records = session.end()
    assert [record["step"] for record in records] == ["prepare", "end"]
    assert records[-1]["detail"] == "signal 9" and records[-1]["instance"] == U


WRONG = {
    "domain": (dict(xml=XML.replace("<emulator>/usr/bin/qemu-system-x86_64", "<emulator>/bin/sh")), "value",
               "domain/devices/emulator"),
    "domain-of-other-cookie": (dict(cookie=COOKIE.replace(U, "11111111-2222-4333-8444-555555555555")), "identity",
                               "qemu-migration/uuid"),
    "cookie": (dict(cookie=COOKIE.replace("<capabilities>", "<x/><capabilities>")), "element", "qemu-migration/x"),
    "flags-unsafe": (dict(flags=rpc.NOVA_FLAGS | 1 << 9), "flags", "0x0000021b"),
    "flags-offline": (dict(flags=rpc.NOVA_FLAGS | 1 << 10), "flags", ""),
    "flags-tunnelled": (dict(flags=rpc.NOVA_FLAGS | 1 << 2), "flags", ""),
    "flags-not-live": (dict(flags=rpc.NOVA_FLAGS & ~1), "flags", ""),
    "uri": (dict(migrate_uri="tcp://0.0.0.0"), "address", "tcp://0.0.0.0"),
    "uri-port": (dict(migrate_uri=URI + ":22"), "address", ":22"),
    "uri-unix": (dict(migrate_uri="unix:///run/x"), "address", "unix:"),
    "listen": (dict(listen_address="0.0.0.0"), "parameter", "listen_address"),
    "disks-uri": (dict(disks_uri="unix:///run/x"), "parameter", "disks_uri"),
    "name": (dict(destination_name="other"), "identity", "destination_name"),
    "name-empty": (dict(destination_name=""), "parameter", "destination_name"),
    "cookie-domain": (dict(cookie=COOKIE.replace("</qemu-migration>", XML.strip() + "</qemu-migration>")), "element",
                      "qemu-migration/domain"),
    "no-xml": (dict(xml=None), "parameter", ""),
}


@pytest.mark.parametrize("name", WRONG)
def test_wrong_migration(node, daemon, name):
    words, finding, detail = WRONG[name]
    session = Session(node).open()
    words = {"xml": XML, "cookie": COOKIE, **words}
    session.send(rpc.message(rpc.PREPARE, rpc.migration(**words), serial=4))
    reason = "libvirt-domain"
    expect_refused(session, finding, detail, reason, procedure="DOMAIN_MIGRATE_PREPARE3_PARAMS")
    assert rpc.PREPARE not in daemon.procedures() and rpc.LOOKUP not in daemon.procedures()


def test_finish_of_another_domain(node, daemon):
    session = Session(node).open()
    session.prepare()
    other = COOKIE.replace(U, "11111111-2222-4333-8444-555555555555")
    session.ask_to_finish(other)
    expect_refused(session, "identity", reason="libvirt-domain")
    session = Session(node).open()
    session.prepare()
    session.ask_to_finish(name="instance-00000001")
    expect_refused(session, "identity", "destination_name", reason="libvirt-domain")
    assert rpc.FINISH not in daemon.procedures()


def test_domain_to_keep_is_judged_too(node, daemon):
    session = Session(node).open()
    session.prepare()
    session.ask_to_finish(KEPT.replace("<emulator>/usr/bin/qemu-system-x86_64", "<emulator>/bin/sh"))
    expect_refused(session, "value", "domain/devices/emulator", "libvirt-domain")


def networks(count):
    one = "<interface index='0' vporttype='openvswitch'><portdata>x</portdata></interface>"
    return "<network>%s</network></qemu-migration>" % (one * count)


def with_networks(cookie, count):
    return cookie.replace("</qemu-migration>", networks(count))


NETWORK = "qemu-migration/network="
KEPT_INTERFACE = re.search("<interface .*?</interface>", XML, re.S)[0]


def test_cookie_with_as_many_interfaces_as_the_domain_passes(node, daemon):
    session = Session(node).open()
    assert session.prepare(cookie=with_networks(COOKIE, 1))[0][6] == rpc.OK
    kept = with_networks(KEPT, 1).replace("<devices>", "<devices>" + KEPT_INTERFACE)
    assert session.finish(xml=None, cookie=kept)[0][6] == rpc.OK
    session.end()


@pytest.mark.parametrize("count", (0, 2))
def test_cookie_with_another_number_of_interfaces(node, daemon, count):
    """libvirtd would read behind the last interface of the domain, and die."""
    session = Session(node).open()
    session.send(rpc.message(rpc.PREPARE, rpc.migration(XML, with_networks(COOKIE, count)), serial=4))
    expect_refused(session, "value", NETWORK + "not as many", "libvirt-domain")
    assert rpc.PREPARE not in daemon.procedures()
    for cookie in (COOKIE, KEPT):
        session = Session(node).open()
        session.prepare()
        session.ask_to_finish(with_networks(cookie, count))
        expect_refused(session, "value", NETWORK + "not as many", "libvirt-domain")
        assert rpc.FINISH not in daemon.procedures()


def test_finish_with_another_xml(node, daemon):
    """libvirtd ignores it: the domain that came has one interface."""
    session = Session(node).open()
    session.prepare()
    session.ask_to_finish(with_networks(COOKIE, 2), XML.replace(KEPT_INTERFACE, KEPT_INTERFACE * 2))
    expect_refused(session, "value", NETWORK + "not as many", "libvirt-domain")
    assert rpc.FINISH not in daemon.procedures()


def test_record_of_a_finish_with_another_xml(node, daemon):
    """It names the disks of the domain that came."""
    session = Session(node).open()
    session.prepare()
    assert session.finish(xml=XML.replace("/disk'", "/none-of-the-guest'"))[0][6] == rpc.OK
    _, records = session.end()
    assert [record["disks"] for record in records] == ["/var/lib/nova/instances/%s/disk" % U] * 3


def test_cookie_with_more_interfaces_than_the_kept_domain(node, daemon):
    session = Session(node).open()
    session.prepare()
    session.ask_to_finish(with_networks(KEPT, 1))
    expect_refused(session, "value", NETWORK + "more interfaces", "libvirt-domain")
    assert rpc.FINISH not in daemon.procedures()


def test_files_of_a_domain_to_keep(node, daemon):
    """It starts from them when the guest is started again. A finish without it looks at none: they are in use."""
    for cookie in (COOKIE, KEPT):
        session = Session(node).open()
        session.prepare()
        node.tree.write(DIR + "/disk", qcow2(CANARY))
        session.ask_to_finish(cookie)
        if cookie is KEPT:
            expect_refused(session, "image", "disk=backing", "libvirt-domain")
        else:
            assert session.reply()[0][6] == rpc.OK
            session.end()
            os.unlink(DIR + "/disk")
    assert daemon.procedures().count(rpc.FINISH) == 1


def in_a_finish(node, daemon, flags=rpc.NOVA_FLAGS):
    """A session whose finish the daemon has, and does not answer."""
    daemon.silent.add(rpc.FINISH)
    session = Session(node).open()
    session.prepare(flags=flags)
    session.ask_to_finish(COOKIE, flags=flags)
    until = time.monotonic() + patient(10)
    while rpc.FINISH not in daemon.procedures() and time.monotonic() < until:
        time.sleep(.01)
    return session


def expect_abandoned(daemon):
    """The domain whose finish had no answer has been ended."""
    daemon.settle()
    which = rpc.opaque(NAME.encode()) + bytes.fromhex(U.replace("-", "")) + struct.pack(">i", 7)
    assert [(head[3], body) for head, body in daemon.got][-2:] == [(rpc.STATE, which + bytes(4)), (rpc.DESTROY, which)]


@pytest.mark.parametrize("end", ("gone", "another-call", "keepalives"))
def test_finish_that_has_no_answer(node, daemon, end):
    """libvirtd waits for a stream that never comes, in one of its threads, for ever: so the domain ends with the session."""
    session = in_a_finish(node, daemon)
    session.end({"gone": b"", "another-call": rpc.message(rpc.CLOSE, serial=10),
                 "keepalives": rpc.message(1, program=rpc.KEEPALIVE, kind=rpc.EVENT) * 121}[end])
    expect_abandoned(daemon)


@pytest.mark.parametrize("number", (signal.SIGTERM, signal.SIGHUP, signal.SIGINT, signal.SIGQUIT), ids=lambda each: each.name)
def test_finish_that_is_told_to_end(node, daemon, number):
    session = in_a_finish(node, daemon)
    os.kill(session.child.pid, number)
    session.child.wait(patient(20))  # its client stays until then
    run, records = session.end()
    expect_abandoned(daemon)
    assert run.status == 1 and records[-1]["step"] == "end", (run.status, records)


def test_finish_that_wall_time_ends(node, daemon):
    """With post-copy nothing else ends it while its client stays."""
    configure(node, more="[limits]\nwall_time = %ds\n" % patient(3))
    session = in_a_finish(node, daemon, rpc.NOVA_FLAGS | rpc.POSTCOPY)
    assert session.child.wait(patient(20)) != 0
    run, records = session.end()
    expect_abandoned(daemon)
    assert run.dones[-1]["limit"] == "wall_time" and records[-1]["step"] == "end", (run.dones, records)


def test_finish_whose_answer_is_lost(node, daemon):
    """The guest runs: its client has gone in the very moment of the answer."""
    daemon.state = rpc.RUNNING
    session = in_a_finish(node, daemon)
    session.end()
    daemon.settle()
    assert daemon.procedures()[-2:] == [rpc.FINISH, rpc.STATE]


@pytest.mark.parametrize("name", (b"name", b"n" * 42), ids=("short", "as-long-as-the-code-of-no-domain"))
def test_domain_that_is_known_here(node, daemon, name):
    """Whoever has the key would put a guest of their own in its place. The answer begins with the length of its name, as an
    error does with its code."""
    daemon.known.add(U.replace("-", ""))
    daemon.name = name
    session = Session(node).open()
    session.send(rpc.message(rpc.PREPARE, rpc.migration(XML, COOKIE), serial=4))
    expect_refused(session, "defined", U, "libvirt-domain")
    assert daemon.procedures()[-1] == rpc.LOOKUP


OTHERS_IN_ITS_PLACE = {
    "none": dict(id=None), "later": dict(id=8), "shut-off": dict(id=-1), "of-another-uuid": dict(uuid=b"\x11" * 16),
    "of-another-name": dict(name=b"instance-00000001"), "of-a-longer-name": dict(name=b"instance-0000002a" + b"x" * 200),
}


@pytest.mark.parametrize("cancelled", (0, 1))
@pytest.mark.parametrize("name", OTHERS_IN_ITS_PLACE)
def test_finish_when_the_domain_is_gone(node, daemon, name, cancelled):
    """Its QEMU ended, and another node's migration of its name came. A finish names nothing but the name."""
    session = Session(node).open()
    assert session.prepare()[0][6] == rpc.OK
    session.send(PING)  # the answer comes behind that to the relay's question
    session.reply()
    daemon.came.update(OTHERS_IN_ITS_PLACE[name])
    session.ask_to_finish(cancelled=cancelled)
    expect_refused(session, "gone", U, "libvirt-domain", procedure="DOMAIN_MIGRATE_FINISH3_PARAMS")
    assert rpc.FINISH not in daemon.procedures()


@pytest.mark.parametrize("name", ("none", "shut-off", "of-another-uuid", "of-another-name"))
def test_domain_that_did_not_come(node, daemon, name):
    """The daemon says that it has prepared, and knows no such domain."""
    daemon.came.update(OTHERS_IN_ITS_PLACE[name])
    session = Session(node).open()
    assert session.prepare()[0][6] == rpc.OK
    expect_refused(session, "gone", U, "libvirt-domain")


NETWORKS = "/sys/class/net"
TAP = "tap12345678-9a"  # of the bridge in XML
ETHERNET = XML.replace(KEPT_INTERFACE, "<interface type='ethernet'><mac address='fa:16:3e:00:00:02'/><target dev='%s'%%s/>"
                       "</interface>" % TAP)


@pytest.fixture
def interfaces(node):
    """Stands for the interfaces of the kernel, in our mounts alone. Returns how to add one."""
    namespace.mount("-t", "tmpfs", "tmpfs", NETWORKS)
    os.mkdir(NETWORKS + "/lo")
    yield lambda name: os.symlink("../../devices/virtual/net/" + name, os.path.join(NETWORKS, name))
    subprocess.run(["umount", "--no-mtab", NETWORKS], check=True)


def test_tap_that_is_in_use_here(node, daemon, interfaces):
    """libvirtd fails to make it, and then cleans up by its name: the guest that has it loses its port."""
    second = KEPT_INTERFACE.replace(TAP, "tap22222222-22")
    interfaces("tap22222222-22")
    session = Session(node).open()
    session.send(rpc.message(rpc.PREPARE, rpc.migration(XML.replace(KEPT_INTERFACE, KEPT_INTERFACE + second), COOKIE), serial=4))
    expect_refused(session, "value", "domain/devices/interface/target@dev=tap22222222-22 exists here", "libvirt-domain",
                   procedure="DOMAIN_MIGRATE_PREPARE3_PARAMS")
    assert rpc.PREPARE not in daemon.procedures()


@pytest.mark.parametrize("xml", (XML, ETHERNET % "", ETHERNET % " managed='no'"), ids=("bridge", "ethernet", "unmanaged"))
def test_taps_that_pass(node, daemon, interfaces, xml):
    """Nova plugs those of type ethernet before libvirtd comes, and any tap is in use when its guest is to be kept."""
    interfaces("tap22222222-22")
    if xml is not XML:
        interfaces(TAP)
    session = Session(node).open()
    assert session.prepare(xml=xml)[0][6] == rpc.OK
    if xml is XML:
        interfaces(TAP)
    kept = KEPT.replace("<devices>", "<devices>" + KEPT_INTERFACE)
    assert session.finish(xml=None, cookie=kept)[0][6] == rpc.OK
    session.end()


def test_interfaces_that_cannot_be_seen(node, daemon, interfaces):
    os.rmdir(NETWORKS + "/lo")
    session = Session(node).open()
    session.send(rpc.message(rpc.PREPARE, rpc.migration(XML, COOKIE), serial=4))
    expect_refused(session, "value", "target@dev=%s may exist: no %s/lo here" % (TAP, NETWORKS), "libvirt-domain")
    assert rpc.PREPARE not in daemon.procedures()


DIR = "/var/lib/nova/instances/" + U
RAW = XML.replace("type='qcow2'", "type='raw'")
CANARY = "/var/lib/nova/canary"  # outside of the instances root
HEADERS = {
    "another-file": (qcow2(CANARY), XML, "disk=backing"),
    "another-instance": (qcow2("/var/lib/nova/instances/11111111-1111-4111-8111-111111111111/disk"), XML, "disk=backing"),
    "data-file": (qcow2(data_file=True), XML, "disk=data-file"),
    "raw-that-is-none": (qcow2(), RAW, "disk=mismatch"),
    "other-format": (b"KDMV", XML, "disk=mismatch"),
    "cut": (qcow2()[:40], XML, "disk=header"),
}


@pytest.mark.parametrize("name", HEADERS)
def test_header_of_a_disk(node, daemon, name):
    """libvirt and QEMU open what the header names: any file of the host."""
    content, xml, detail = HEADERS[name]
    node.tree.write(DIR + "/disk", content)
    session = Session(node).open()
    session.send(rpc.message(rpc.PREPARE, rpc.migration(xml, COOKIE), serial=4))
    expect_refused(session, "image", detail, "libvirt-domain")
    assert rpc.PREPARE not in daemon.procedures()


def test_header_of_a_backing_file_in_the_xml(node, daemon):
    node.tree.write(DIR + "/disk", qcow2())
    node.tree.write(DIR + "/other", qcow2(CANARY))
    chain = "<backingStore type='file'><format type='qcow2'/><source file='%s/other'/><backingStore/></backingStore><target" % DIR
    session = Session(node).open()
    session.send(rpc.message(rpc.PREPARE, rpc.migration(XML.replace("<target", chain, 1), COOKIE), serial=4))
    expect_refused(session, "image", "other=", "libvirt-domain")
    assert rpc.PREPARE not in daemon.procedures()


@pytest.mark.parametrize("file", ("disk", "console.log"))
def test_link_in_place_of_a_file(node, daemon, file):
    """libvirtd would make, or open, what it points to, as root."""
    node.tree.make_directory(DIR)
    node.tree.link(CANARY, DIR + "/" + file)
    session = Session(node).open()
    session.send(rpc.message(rpc.PREPARE, rpc.migration(XML, COOKIE), serial=4))
    expect_refused(session, "image", file + "=link", "libvirt-domain")
    assert rpc.PREPARE not in daemon.procedures()


def test_directory_in_place_of_a_log(node, daemon):
    node.tree.make_directory(DIR + "/console.log")
    session = Session(node).open()
    session.send(rpc.message(rpc.PREPARE, rpc.migration(XML, COOKIE), serial=4))
    expect_refused(session, "image", "console.log=link", "libvirt-domain")


def test_headers_that_nova_makes_pass(node, daemon):
    base = "/var/lib/nova/instances/_base/da39a3ee5e6b4b0d3255bfef95601890afd80709"
    node.tree.write(DIR + "/disk", qcow2(base))
    node.tree.write(DIR + "/console.log", b"boot")
    session = Session(node).open()
    assert session.prepare()[0][6] == rpc.OK
    session.end()
    node.tree.write(DIR + "/disk", bytes(65536))
    session = Session(node).open()
    assert session.prepare(xml=RAW)[0][6] == rpc.OK
    session.end()


@pytest.mark.parametrize("mode", ("audit", "off"))
def test_headers_that_are_not_enforced(node, daemon, mode):
    configure(node, more="[images]\nheaders = %s\n" % mode)
    node.tree.write(DIR + "/disk", qcow2(CANARY))
    session = Session(node).open()
    assert session.prepare()[0][6] == rpc.OK
    run, _ = session.end()
    assert [record["finding"] for record in run.of("image")] == (["backing"] if mode == "audit" else [])


def test_profile_of_other_instances(node, daemon):
    configure(node, more="[profile other]\ndirection = all\ninstances = 11111111-2222-4333-8444-555555555555\n"
              "[profile in]\ndirection = receive\n[profile old]\nwall_time = 1h\n")
    session = Session.__new__(Session)
    session.node, session.mark, session.serial = node, node.syslog.mark(), 0
    session.child = node.popen([*node.forced.split(" "), "--profile", "other"], {"SSH_ORIGINAL_COMMAND": LINE})
    session.open()
    session.send(rpc.message(rpc.PREPARE, rpc.migration(XML, COOKIE), serial=4))
    expect_refused(session, "identity", "profile", "libvirt-domain")
    for profile in ("in", "old"):
        child = node.popen([*node.forced.split(" "), "--profile", profile], {"SSH_ORIGINAL_COMMAND": LINE})
        assert child.wait(30) == 77 and b"not-in-profile" in child.stderr.read(), profile


def test_not_recorded_is_not_done(node, daemon):
    """syslog goes away between the opening and the domain."""
    session = Session(node).open()
    node.syslog.close()
    try:
        session.send(rpc.message(rpc.PREPARE, rpc.migration(XML, COOKIE), serial=4))
        end = time.monotonic() + patient(60)
        while session.child.poll() is None and rpc.PREPARE not in daemon.procedures():
            assert time.monotonic() < end
            time.sleep(.01)
        assert rpc.PREPARE not in daemon.procedures(), "goes on"
        daemon.settle()
        assert rpc.PREPARE not in daemon.procedures()
    finally:
        session.child.kill()
        session.child.communicate()
        node.syslog = type(node.syslog)()


def test_sessions_are_counted(node, daemon):
    configure(node, more="[limits]\nsessions = 1\n")
    first = Session(node).open()
    run = node.run(LINE)
    assert run.status == 77 and b"too-many-sessions" in run.err
    first.end()


def from_peer(number):
    return {"environment": {"SSH_CONNECTION": "192.0.2.%d 50000 192.0.2.250 22" % number}}


def is_refused(node, number):
    run = node.run(LINE, **from_peer(number))
    return run.status == 77 and b"too-many-sessions" in run.err


def test_tunnels_are_counted(node, daemon):
    """Of all peers together. libvirtd has twenty workers, and as many places for clients that have not authenticated."""
    tunnels = [Session(node, **from_peer(number)).open() for number in range(5)]
    before = daemon.connections
    assert is_refused(node, 5) and daemon.connections == before
    tunnels.pop().end()
    assert not is_refused(node, 5)
    for tunnel in reversed(tunnels):
        tunnel.end()


def start_on(name, node):
    """A session on a node of that name, which has the same storage."""
    with concurrent.futures.ThreadPoolExecutor(1) as one:
        one.submit(own_host_name).result()
        one.submit(socket.sethostname, name).result()
        return one.submit(Session, node).result()


def own_host_name():
    """For the thread that calls it: os.unshare() needs Python 3.12."""
    assert ctypes.CDLL(None, use_errno=True).unshare(0x04000000) == 0, os.strerror(ctypes.get_errno())


def test_tunnels_of_each_node_count(node, daemon):
    configure(node, more="tunnels = 1\n")
    here, there = Session(node).open(), start_on("compute-9", node).open()
    assert is_refused(node, 7)
    there.end()
    here.end()


def test_tunnels_without_a_limit(node, daemon):
    configure(node, more="tunnels = 0\n")
    tunnels = [Session(node).open() for _ in range(6)]
    for tunnel in reversed(tunnels):
        tunnel.end()


def test_tunnels_count_even_if_no_transfer_does(node, daemon):
    configure(node, more="tunnels = 1\n[limits]\nsessions = 0\npeer_sessions = 0\n")
    tunnel = Session(node).open()
    assert is_refused(node, 7)
    tunnel.end()


def test_transfers_do_not_count_as_tunnels(node, daemon):
    configure(node, more="tunnels = 1\n[claims]\nmode = off\n")
    node.tree.make_directory(DIR)
    push = node.start("scp -t " + DIR)
    assert push.stdout.read(1) == b"\0"
    Session(node).open().end()
    push.communicate(b"")


def test_socket_that_is_not_of_root(node, daemon):
    path = os.path.join("/run/libvirt", "nova-sock")
    other = rpc.Daemon(path)
    os.chown(path, node.uid, node.gid)
    configure(node, more="socket = %s\n" % path)
    run = node.run(LINE)
    other.close()
    assert run.status == 78 and other.connections == 0
    assert "not a socket that root owns" in run.faults[0]["problem"]


def test_daemon_that_is_not_of_root(node, daemon):
    path = "/run/libvirt/nova-daemon"
    code = "import socket,sys;s=socket.socket(1);s.bind(sys.argv[1]);s.listen();print(flush=True);sys.stdin.read()"
    os.chmod("/run/libvirt", 0o777)
    child = subprocess.Popen(["/usr/bin/python3", "-c", code, path], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                             user=node.uid, group=node.gid, extra_groups=[])
    child.stdout.readline()
    os.chmod("/run/libvirt", 0o755)
    os.chown(path, 0, 0)
    os.chmod(path, 0o666)
    configure(node, more="socket = %s\n" % path)
    run = node.run(LINE)
    child.communicate()
    os.unlink(path)
    assert run.status == 78 and "not root listens" in run.faults[0]["problem"]


def test_no_socket(node, daemon):
    configure(node, more="socket = /run/libvirt/nothing\n")
    run = node.run(LINE)
    assert run.status == 78 and "cannot find libvirt's socket" in run.faults[0]["problem"]


def leaf_of(node):
    leaf, = [pid for pid in node.processes() if not open("/proc/%d/task/%d/children" % (pid, pid)).read()]
    return leaf


def test_child_has_nothing_but_its_descriptors(node, daemon):
    session = Session(node).open()
    leaf = leaf_of(node)
    assert sorted(map(int, os.listdir("/proc/%d/fd" % leaf))) == [0, 1, 3, 4, 513]
    status = open("/proc/%d/status" % leaf).read()
    assert re.search(r"^Seccomp:\t2$", status, re.M) and re.search(r"^NoNewPrivs:\t1$", status, re.M)
    assert re.search(r"^Max core file size +0 +0 ", open("/proc/%d/limits" % leaf).read(), re.M)
    session.end()


def test_client_that_is_killed_leaves_nothing(node, daemon):
    session = Session(node).open()
    session.prepare()
    session.child.kill()
    session.child.communicate()
    end = time.monotonic() + 30
    while node.processes() and time.monotonic() < end:
        time.sleep(.05)
    assert node.processes() == {}
