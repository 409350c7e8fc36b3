# SPDX-License-Identifier: Apache-2.0
"""The cloud as the trials see it: the API of OpenStack, the nodes, and what their audits and logs say.

It runs on the machine, in the network namespace of the node ctl. RSSH_NOVA_CLOUD names the state directory."""

import json
import os
import pathlib
import re
import subprocess
import time
import urllib.error
import urllib.request

HERE = pathlib.Path(__file__).resolve().parent
STATE = pathlib.Path(os.environ["RSSH_NOVA_CLOUD"])
CONTROL = "10.77.0.1"
NODES = [name for name in ("cn1", "cn2", "cn3") if (STATE / "nodes" / name / "pid").exists()]
INSTANCES = "/var/lib/nova/instances"
AUDIT, LOG = "/var/log/rssh-nova.log", "/var/log/nova/nova-compute.log"
UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}")
PROBE = re.compile(r"[0-9a-f]{32}\.tmp")


class Trouble(Exception):
    """What a trial found that should not be."""


# The API.

TOKEN = []


def http(method, url, body=None, raw=None, headers=()):
    """Takes a JSON body or raw bytes. Returns the headers and the JSON of the answer, or None if it has no body."""
    data = raw if body is None else json.dumps(body).encode()
    kind = {} if data is None else {"Content-Type": "application/octet-stream" if body is None else "application/json"}
    request = urllib.request.Request(url, data=data, method=method, headers={
        **kind, **{"X-Auth-Token": token for token in TOKEN}, **dict(headers)})
    try:
        with urllib.request.urlopen(request, timeout=300) as answer:
            text = answer.read()
            return answer.headers, json.loads(text) if text else None
    except urllib.error.HTTPError as error:
        error.msg = f"{method} {url}: {error.code} {error.read().decode(errors='replace')[:400]}"
        raise


def login():
    del TOKEN[:]
    user = {"name": "admin", "password": "secret", "domain": {"name": "Default"}}
    headers, answer = http("POST", f"http://{CONTROL}:5000/v3/auth/tokens", {"auth": {
        "identity": {"methods": ["password"], "password": {"user": user}},
        "scope": {"project": {"name": "admin", "domain": {"name": "Default"}}}}})
    TOKEN.append(headers["X-Subject-Token"])
    return answer["token"]["project"]["id"]


def nova(method, path, body=None):
    return http(method, f"http://{CONTROL}:8774/v2.1{path}", body,
                headers={"OpenStack-API-Version": "compute 2.90"}.items())[1]


def image(name, data, form, **more):
    """The id of the image with this name, made of data if it is new."""
    url = f"http://{CONTROL}:9292/v2/images"
    for found in http("GET", f"{url}?name={name}")[1]["images"]:
        return found["id"]
    made = http("POST", url, {"name": name, "disk_format": form, "container_format": "bare",
                              "visibility": "public", **more})[1]["id"]
    http("PUT", f"{url}/{made}/file", raw=data)
    return made


def delete_image(uuid):
    http("DELETE", f"http://{CONTROL}:9292/v2/images/{uuid}")


def flavor(name, disk, ephemeral=0, swap=0, ram=64, **specs):
    for found in nova("GET", "/flavors/detail")["flavors"]:
        if found["name"] == name:
            return found["id"]
    made = nova("POST", "/flavors", {"flavor": {
        "name": name, "ram": ram, "vcpus": 1, "disk": disk, "swap": swap,
        "OS-FLV-EXT-DATA:ephemeral": ephemeral}})["flavor"]["id"]
    if specs:
        nova("POST", f"/flavors/{made}/os-extra_specs", {"extra_specs": specs})
    return made


# Instances.

def show(uuid):
    return nova("GET", f"/servers/{uuid}")["server"]


def host(uuid):
    return show(uuid)["OS-EXT-SRV-ATTR:host"]


def is_running(uuid):
    return show(uuid)["OS-EXT-STS:power_state"] == 1


def wait(uuid, *states, limit=600):
    """Until the instance is in one of the states and at rest. ERROR is trouble unless it is named."""
    end, busy, rest = time.monotonic() + limit, False, 0
    while True:
        found = show(uuid)
        state, task = found["status"], found["OS-EXT-STS:task_state"]
        if state in states and task is None:
            return found
        if state == "ERROR" and task is None:
            raise Trouble("the instance is in ERROR: " + found.get("fault", {}).get("message", "")[:600])
        busy = busy or task is not None
        rest = 0 if task or state == "BUILD" else rest + 1
        must(not busy or rest < 15, f"the instance rests in {state}, and not in {' or '.join(states)}")
        if time.monotonic() > end:
            raise Trouble(f"the instance stays in {state} {task}, and not in {' or '.join(states)}")
        time.sleep(0.4)


def wait_gone(uuid, limit=300):
    end = time.monotonic() + limit
    while time.monotonic() < end:
        try:
            show(uuid)
        except urllib.error.HTTPError as error:
            if error.code == 404:
                return
            raise
        time.sleep(0.4)
    raise Trouble("the instance is not deleted")


BOOTED = []


def boot(name, image_id, flavor_id, node="cn1", config_drive=False):
    uuid = nova("POST", "/servers", {"server": {
        "name": name, "imageRef": image_id, "flavorRef": flavor_id, "networks": "none", "host": node,
        "config_drive": config_drive}})["server"]["id"]
    BOOTED.append(uuid)
    wait(uuid, "ACTIVE")
    return uuid


def act(uuid, body, *states):
    """Nova answers before it begins, so the state of before must not be taken for that of after."""
    nova("POST", f"/servers/{uuid}/action", body)
    time.sleep(0.5)
    return wait(uuid, *states)


def migrate(uuid, node=None):
    act(uuid, {"migrate": {"host": node} if node else None}, "VERIFY_RESIZE")


def resize(uuid, flavor_id):
    act(uuid, {"resize": {"flavorRef": flavor_id}}, "VERIFY_RESIZE")


def confirm(uuid):
    """The source cleans up after the API has answered."""
    act(uuid, {"confirmResize": None}, "ACTIVE", "SHUTOFF")
    until(lambda: not any(directory(node, uuid + "_resize").exists() for node in NODES), "the source is not cleaned up")


def revert(uuid):
    act(uuid, {"revertResize": None}, "ACTIVE", "SHUTOFF")


def live_migrate(uuid, node):
    act(uuid, {"os-migrateLive": {"host": node, "block_migration": "auto"}}, "ACTIVE")
    must(host(uuid) == node, f"still on {host(uuid)}")


def stop(uuid):
    act(uuid, {"os-stop": None}, "SHUTOFF")


def start(uuid):
    act(uuid, {"os-start": None}, "ACTIVE")


def mend(uuid):
    """What an operator does with an instance in ERROR."""
    nova("POST", f"/servers/{uuid}/action", {"os-resetState": {"state": "active"}})
    act(uuid, {"reboot": {"type": "HARD"}}, "ACTIVE")


def delete(uuid):
    nova("DELETE", f"/servers/{uuid}")
    wait_gone(uuid)
    BOOTED.remove(uuid)
    until(lambda: not any(directory(node, uuid + end).exists() for node in NODES for end in ("", "_resize")),
          "an instance directory is left")


def delete_all():
    """After a trial that was broken off."""
    for uuid in list(BOOTED):
        BOOTED.remove(uuid)
        try:
            nova("POST", f"/servers/{uuid}/action", {"os-resetState": {"state": "active"}})
            nova("DELETE", f"/servers/{uuid}")
            wait_gone(uuid)
        except (urllib.error.HTTPError, Trouble):
            pass
        for node in NODES:
            on(node, "rm", "-rf", f"{INSTANCES}/{uuid}", f"{INSTANCES}/{uuid}_resize")


def must(fact, otherwise):
    if not fact:
        raise Trouble(otherwise)


def until(fact, otherwise, limit=120):
    end = time.monotonic() + limit
    while not fact():
        must(time.monotonic() < end, otherwise)
        time.sleep(0.25)


# The nodes.

def on(node, *command, check=True):
    """Runs a command on a node. Returns what it prints."""
    done = subprocess.run([HERE / "in", STATE, node, *command], capture_output=True, text=True, check=False)
    must(not check or done.returncode == 0, f"{node}: {' '.join(command)}: {done.returncode} {done.stderr}")
    return done.stdout


def as_nova(node, *command):
    """Runs a command as nova does. Returns its exit status and all that it prints."""
    done = subprocess.run(
        [HERE / "in", STATE, node, "setpriv", "--reuid", "nova", "--regid", "nova", "--init-groups", "env",
         "HOME=/var/lib/nova", "SHELL=/bin/sh", *command], capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


def directory(node, name):
    return STATE / "nodes" / node / "nova" / "instances" / name


def restart(node, service, *options):
    on(node, "/cloud/restart", *options, service)


def configure(node, key, value, path="/etc/rssh-nova.conf"):
    on(node, "sed", "-i", f"s|^{key} = .*|{key} = {value}|", path)


def switch(way, images):
    """Sets transport and image type on every node, and whether Nova finds nova-path before the real programs."""
    transport, _, nova_path = way.partition("-")
    wanted = f"{way} {images}"
    if (STATE / "switched").exists() and (STATE / "switched").read_text() == wanted:
        return
    for node in NODES:
        on(node, "rm" if nova_path else "touch", *(["-f"] if nova_path else []), "/etc/cloud-plain")
        configure(node, "remote_filesystem_transport", transport)
        configure(node, "remote_filesystem_transport", transport, "/etc/nova/nova.conf")
        configure(node, "images_type", images, "/etc/nova/nova.conf")
        configure(node, "use_cow_images", images == "qcow2", "/etc/nova/nova.conf")
        on(node, "rssh-nova-admin", "check")
    begun = {node: offset(node, LOG) for node in NODES}
    for node in NODES:
        restart(node, "nova-compute")
    wait_for_computes(begun)
    (STATE / "switched").write_text(wanted)


def uses_nova_path():
    return "-" in (STATE / "switched").read_text().split()[0]


def wait_for_computes(begun):
    """Until each nova-compute has told the scheduler its resources since then, and libvirt has not disabled it."""
    until(lambda: all("Final resource view" in since(node, LOG, begun[node]) for node in NODES),
          "not every nova-compute starts", 600)
    until(lambda: len([each for each in nova("GET", "/os-hypervisors/detail")["hypervisors"]
                       if (each["state"], each["status"]) == ("up", "enabled")]) == len(NODES),
          "not every node is up", 300)


def doctor(node):
    """What doctor finds that is not well."""
    found = json.loads(on(node, "rssh-nova-admin", "doctor", "--json", check=False))
    return [each for each in found["findings"] if each["level"] != "ok"]


def digests(uuid):
    """The guest's view of each disk, by file. Nova makes the backing file of an ephemeral disk anew on each node, so of
    such a disk it is the file itself."""
    node, found = host(uuid), {}
    for path in sorted(directory(node, uuid).iterdir()):
        if not path.name.startswith("disk") or path.name in ("disk.info", "disk.swap"):
            continue
        file = f"{INSTANCES}/{uuid}/{path.name}"
        ephemeral = ".eph" in path.name and "backing file:" in on(node, "qemu-img", "info", "-U", file)
        if path.name == "disk.config" or ephemeral:
            command = f"sha256sum < {file}"
        else:
            command = f"qemu-img convert -U -O raw {file} /tmp/{uuid} && sha256sum < /tmp/{uuid}; rm /tmp/{uuid}"
        found[path.name] = on(node, "sh", "-c", command).split()[0]
    return found


def must_be(before, uuid):
    after = digests(uuid)
    for name, digest in before.items():
        must(after.get(name) == digest, f"the content of {name} has changed")


# What they say.

def offset(node, path):
    try:
        return os.path.getsize(STATE / "nodes" / node / ("upper" + path))
    except OSError:
        return 0


def since(node, path, begun):
    try:
        with open(STATE / "nodes" / node / ("upper" + path), "rb") as file:
            file.seek(begun)
            return file.read().decode(errors="replace")
    except OSError:
        return ""


def fields(line):
    found = re.findall(r'([a-z_]+)=("(?:[^"\\]|\\.)*"|\S*)', line)
    return {key: value.strip('"') for key, value in found}


def complaints(record, form):
    """What a record of a migration that goes well does not have. The probe for shared storage fails unless it is shared:
    the instance has no directory yet."""
    if record.get("verdict") == "deny":
        return [record.get("reason")]
    if record.get("status") == "77":
        return []		# The record before it has the reason.
    if record.get("event") == "fault":
        return ["fault"]
    if record.get("event") != "done":
        return []
    found = []
    if record.get("denied", "-") not in ("-", ""):
        found.append(f"denied={record['denied']}")
    if (record.get("status"), record.get("signal", "0")) not in (("0", "0"), ("1" if form == "touch" else "0", "0")):
        found.append(f"limit={record['limit']}" if record.get("limit", "-") != "-" else f"status={record['status']}")
    return found


COMMANDS = {}


class Step:
    """One operation. All that the audits complain of in it must be in `expected`, and each of `wanted` be seen."""

    def __init__(self, name, wanted=(), expected=()):
        self.name, self.wanted, self.expected = name, set(wanted), set(expected) | set(wanted)

    def __enter__(self):
        self.audit = {node: offset(node, AUDIT) for node in NODES}
        self.log = {node: offset(node, LOG) for node in NODES}
        self.begun = time.monotonic()
        return self

    def records(self):
        for node in NODES:
            for line in since(node, AUDIT, self.audit[node]).splitlines():
                yield node, line, fields(line)

    def logged(self, text):
        """Does a nova-compute say this since the step began?"""
        return any(text in since(node, LOG, self.log[node]) for node in NODES)

    def __exit__(self, kind, value, trace):
        took = time.monotonic() - self.begun
        time.sleep(0.3)
        print(f"    {self.name}: {took:.1f} s{'' if kind is None else ': ' + str(value)}", flush=True)
        seen, strange, forms = set(), [], {}
        for node, line, record in self.records():
            if record.get("event") == "decide":
                count(record)
                forms[record["ref"]] = record.get("form")
            found = complaints(record, forms.get(record.get("ref")))
            seen.update(found)
            if set(found) - self.expected or (found and kind):
                strange.append(f"{node}: {line}")
        for line in strange:
            print("        " + line, flush=True)
        if kind is not None:
            self.errors()
            return
        must(seen <= self.expected, f"{self.name}: the audit complains of {', '.join(sorted(seen - self.expected))}")
        must(self.wanted <= seen, f"{self.name}: the audit has no {', '.join(sorted(self.wanted - seen))}")

    def errors(self):
        """Prints the first line of each error that Nova logged, and its standard error."""
        for node in NODES:
            times = set()
            for line in since(node, LOG, self.log[node]).splitlines():
                found = re.match(r"(\S+ \S+) \d+ (ERROR|CRITICAL) ", line)
                if found and (found.group(1) not in times or "Stderr:" in line):
                    times.add(found.group(1))
                    print(f"        {node}: {line[:300]}", flush=True)


def count(record):
    line = UUID.sub("U", PROBE.sub("X.tmp", record.get("cmd", "").replace(r"\x20", " ")))
    COMMANDS[line] = COMMANDS.get(line, 0) + 1
