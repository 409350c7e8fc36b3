# SPDX-License-Identifier: Apache-2.0
"""Logins by SSH certificates: the audit names key, certificate and authority as ssh-keygen -l and -L do, and a claim by
key survives a new certificate."""

import os
import subprocess

import pytest

from testbed import claim
from testbed.audit import expect_done, expect_refused
from testbed.fixtures import needs_root
from testbed.peer import Peer
from testbed.sshd import fingerprint
from testbed.tree import COMING, EMPTY, PROBE
from testbed.login import Login

pytestmark = needs_root
TRUSTED = Login("certificates", True, more="TrustedUserCAKeys {directory}/ca.pub\n")
PRINCIPALS = Login("principals", True, more="TrustedUserCAKeys {directory}/ca.pub\n"
                   "AuthorizedPrincipalsFile {directory}/principals\n")
FORCED = Login("certificates-forced", False, force_command=True, more="TrustedUserCAKeys {directory}/ca.pub\n")
LINE = Login("authority-line", True)  # cert-authority in authorized_keys
LAST = 2 ** 64 - 1


def make(path, kind="ed25519", bits=None):
    for name in (path, path + ".pub", path + "-cert.pub"):
        if os.path.lexists(name):
            os.unlink(name)
    subprocess.run(["ssh-keygen", "-q", "-t", kind, *(["-b", str(bits)] if bits else []), "-N", "", "-C", "", "-f", path],
                   check=True)


class Authority:
    def __init__(self, node, peer):
        self.node, self.peer, self.path = node, peer, os.path.join(node.ssh_directory, "ca")
        make(self.path)

    @property
    def fingerprint(self):
        return fingerprint(self.path + ".pub")

    def key(self, kind="ed25519", bits=None):
        """A new key for the peer. Returns its fingerprint."""
        make(self.peer.path("key"), kind, bits)
        os.chown(self.peer.path("key"), self.peer.uid, self.peer.gid)
        return fingerprint(self.peer.path("key.pub"))

    def sign(self, name="compute1", serial=7, principals="nova", options=(), signer=None):
        subprocess.run(["ssh-keygen", "-q", "-s", signer or self.path, "-I", name, "-z", str(serial), "-n", principals,
                        *(word for option in options for word in ("-O", option)), "-V", "-5m:+1h", self.peer.path("key.pub")],
                       check=True)
        os.chown(self.peer.path("key-cert.pub"), self.peer.uid, self.peer.gid)

    def serve(self, login, keys=""):
        """Lets nothing in but what the authority has signed, and keys."""
        self.peer.enter(login)
        with open(os.path.join(self.node.ssh_directory, login.name + ".keys"), "w") as file:
            file.write(keys)


@pytest.fixture(scope="module")
def signed(node):
    signed = Peer(node.base, node, name="peer-signed", address="127.0.0.4")
    yield signed
    signed.close()


@pytest.fixture(scope="module")
def authority(node, signed):
    authority = Authority(node, signed)
    authority.serve(TRUSTED)
    return authority


def touch(peer, tree, login=TRUSTED, name=PROBE):
    return peer.run(login, ["ssh", "node", "touch " + tree.at(EMPTY, name)])


KINDS = (("ed25519", None), ("rsa", 2048), ("ecdsa", 256), ("ecdsa", 521))


@pytest.mark.parametrize("kind,bits", KINDS)
def test_the_audit_names_key_certificate_and_authority(node, tree, signed, authority, kind, bits):
    key = authority.key(kind, bits)
    authority.sign(serial=LAST)
    assert fingerprint(signed.path("key-cert.pub")) == key
    expect_done(node, touch(signed, tree), key=key, cert_id="compute1", cert_serial=str(LAST), ca=authority.fingerprint)


@pytest.mark.parametrize("kind,bits", (("rsa", 2048), ("ecdsa", 256)))
def test_an_authority_of_another_kind(node, tree, signed, authority, kind, bits):
    key = authority.key()
    other = os.path.join(node.ssh_directory, "other")
    make(other, kind, bits)
    authority.sign(serial=0, signer=other)
    with open(authority.path + ".pub") as public:
        kept = public.read()
    try:
        with open(authority.path + ".pub", "w") as both, open(other + ".pub") as more:
            both.write(kept + more.read())
        run = touch(signed, tree)
    finally:
        with open(authority.path + ".pub", "w") as public:
            public.write(kept)
    expect_done(node, run, key=key, cert_id="compute1", cert_serial="0", ca=fingerprint(other + ".pub"))


def test_a_plain_key_has_no_certificate(node, tree, peer):
    run = peer.run(LINE, ["ssh", "node", "touch " + tree.at(EMPTY, PROBE)])
    expect_done(node, run, key=peer.fingerprint, cert_id="-", cert_serial="-", ca="-")


def test_principals_and_an_authority_in_a_line_are_the_same(node, tree, signed, authority):
    """sshd tells us neither which principal let the client in nor by which file."""
    key = authority.key()
    authority.sign(principals="somebody,compute1.example")
    with open(os.path.join(node.ssh_directory, "principals"), "w") as principals:
        principals.write("compute1.example\n")
    authority.serve(PRINCIPALS)
    with open(authority.path + ".pub") as public:
        authority.serve(LINE, 'restrict,cert-authority,principals="compute1.example" ' + public.read())
    assert touch(signed, tree).status == 255
    for login in (PRINCIPALS, LINE):
        expect_done(node, touch(signed, tree, login), key=key, cert_id="compute1", ca=authority.fingerprint)


@pytest.mark.parametrize("name", ("a\nevent=decide verdict=allow", "x" * 1000, "\x1b[2J \xe9"))
def test_an_id_is_one_value_of_the_record(node, tree, signed, authority, name):
    key = authority.key()
    authority.sign(name)
    run = touch(signed, tree)
    shown = os.fsencode(name).decode("latin-1")
    expect_done(node, run, key=key, cert_id=shown if len(shown) < 200 else "x" * 256 + "...")


def ask(peer, tree, line):
    return peer.run(TRUSTED, ["ssh", "node", line.format(tree.at(COMING))])


@pytest.mark.parametrize("identity", ("key", "address+key"))
def test_a_claim_by_key_survives_a_new_certificate(node, tree, signed, authority, identity):
    claim.configure(node, identity=identity)
    key = authority.key()
    authority.sign(serial=1)
    expect_done(node, ask(signed, tree, "mkdir -p {}"))
    assert claim.read(tree.at(COMING))[4] == key
    authority.sign("compute1-renewed", serial=2, principals="nova,compute1")
    expect_done(node, ask(signed, tree, "touch {}/disk"), claim="own", key=key, cert_serial="2", cert_id="compute1-renewed")
    # The same name and serial for another key is another peer.
    other = authority.key()
    authority.sign("compute1-renewed", serial=2, principals="nova,compute1")
    run = ask(signed, tree, "touch {}/disk")
    expect_refused(node, run, "not-claimed")
    assert run.decides[0]["key"] == other != key


def test_a_force_command_of_the_certificate_holds(node, tree, signed, authority):
    """sshd hands it to the login shell as it does that of authorized_keys, with or without permissions."""
    for options in (("clear",), ()):
        authority.key()
        authority.sign(options=(*options, "force-command=" + node.shell))
        expect_done(node, touch(signed, tree), cert_id="compute1")
        assert signed.run(TRUSTED, ["ssh", "node", "id"]).status == 77


@pytest.mark.parametrize("login", (TRUSTED, FORCED), ids=lambda login: login.name)
def test_a_force_command_of_the_certificate_goes_round_nothing(node, tree, signed, authority, login):
    """Whoever signs may put one in: ForceCommand counts before it, and the login shell refuses it."""
    authority.key()
    authority.sign(options=("force-command=/usr/bin/touch " + tree.at(EMPTY, "canary"),))
    authority.serve(login)
    run = touch(signed, tree, login)
    assert not os.path.exists(tree.at(EMPTY, "canary"))
    if login is FORCED:
        expect_done(node, run, cert_id="compute1")
    else:
        assert run.status == 77 and run.decides[0]["verdict"] == "deny"
