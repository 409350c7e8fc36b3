# SPDX-License-Identifier: Apache-2.0
"""The reader of nova.conf agrees with oslo.config, on a table of files and on files of random pieces."""
import random
import subprocess

import pytest
from conftest import BUILD
from oslo_config import cfg

PROGRAM = BUILD / "tests/admin/nova-values"
UNSET = "nothing says"
OPTIONS = (("DEFAULT", "instances_path"), ("libvirt", "remote_filesystem_transport"), ("image_cache", "subdirectory_name"),
           ("libvirt", "live_migration_uri"))
# Each row is the files of one question, in their order.
TABLE = {
    "empty": [""],
    "plain": ["[DEFAULT]\ninstances_path = /a\n[libvirt]\nremote_filesystem_transport = rsync\n"],
    "no end of line": ["[DEFAULT]\ninstances_path=/a"],
    "colon": ["[DEFAULT]\ninstances_path: /a\n"],
    "colon behind equals": ["[DEFAULT]\ninstances_path = a:b\n"],
    "equals behind colon": ["[DEFAULT]\ninstances_path : a=b\n"],
    "the last counts": ["[DEFAULT]\ninstances_path = /a\ninstances_path = /b\n[libvirt]\n[DEFAULT]\ninstances_path = /c\n"],
    "the later file counts": ["[DEFAULT]\ninstances_path = /a\n", "[DEFAULT]\ninstances_path = /b\n"],
    "the later file says nothing": ["[DEFAULT]\ninstances_path = /a\n", "[DEFAULT]\nx = y\n"],
    "double quotes": ["[DEFAULT]\ninstances_path = \"/a b\"\n"],
    "single quotes": ["[DEFAULT]\ninstances_path = ' /a '\n"],
    "quotes of two kinds": ["[DEFAULT]\ninstances_path = '/a\"\n"],
    "quotes within": ["[DEFAULT]\ninstances_path = /a'b'\n"],
    "one quote": ["[DEFAULT]\ninstances_path = '\n"],
    "quotes twice": ["[DEFAULT]\ninstances_path = \"'/a'\"\n"],
    "no value": ["[DEFAULT]\ninstances_path =\n"],
    "blanks": ["[DEFAULT]\n instances_path\t =  /a \t\n"],
    "blanks before the key": ["[DEFAULT]\nx = y\n instances_path = /a\n"],
    "a continuation": ["[DEFAULT]\ninstances_path = /a\n  b\n\tc\n"],
    "a continuation of quotes": ["[DEFAULT]\ninstances_path = 'a'\n  'b'\n"],
    "a continuation behind a comment": ["[DEFAULT]\ninstances_path = /a\n# x\n  b\n"],
    "a continuation behind an empty line": ["[DEFAULT]\ninstances_path = /a\n\n  b\n"],
    "a continuation behind a section": ["[DEFAULT]\n  b\n"],
    "a line of blanks": ["[DEFAULT]\ninstances_path = /a\n   \n"],
    "comments": ["# [x\n; y\n[DEFAULT]\n#instances_path = /b\ninstances_path = /a # c\n"],
    "CR LF": ["[DEFAULT]\r\ninstances_path = /a\r\n  b\r\n"],
    "CR": ["[DEFAULT]\rinstances_path = /a\r"],
    "form feed": ["[DEFAULT]\ninstances_path = \f/a\v\n"],
    "a section in capitals": ["[LIBVIRT]\nremote_filesystem_transport = rsync\n[Image_Cache]\nsubdirectory_name = x\n"],
    "default in small letters": ["[default]\ninstances_path = /a\n"],
    "a key in capitals": ["[DEFAULT]\nInstances_Path = /a\n"],
    "a key with a dash": ["[DEFAULT]\ninstances-path = /a\n"],
    "another section": ["[other]\ninstances_path = /a\nremote_filesystem_transport = rsync\n"],
    "a section with blanks": ["[ DEFAULT ]\ninstances_path = /a\n"],
    "a section with a tail": ["[DEFAULT] # x\ninstances_path = /a\n"],
    "a section without a name": ["[]\n"],
    "a section without an end": ["[DEFAULT\ninstances_path = /a\n"],
    "no section": ["instances_path = /a\n"],
    "no section, a comment": ["# x\n\n[DEFAULT]\n"],
    "no assignment": ["[DEFAULT]\ninstances_path\n"],
    "no key": ["[DEFAULT]\n= /a\n"],
    "a fault in the second file": ["[DEFAULT]\ninstances_path = /a\n", "x\n"],
    "state_path by default": ["[DEFAULT]\ninstances_path = $state_path/a\n"],
    "state_path": ["[DEFAULT]\nstate_path = /s\ninstances_path = $state_path/a\n"],
    "state_path later": ["[DEFAULT]\ninstances_path = ${state_path}a\n", "[DEFAULT]\nstate_path = /s\n"],
    "state_path of a variable": ["[DEFAULT]\nmy_ip = 10.0.0.1\nstate_path = /s-$my_ip\ninstances_path = $state_path/a\n"],
    "a variable of a section": ["[DEFAULT]\ninstances_path = /a/$libvirt.remote_filesystem_transport\n[libvirt]\n"
                                "remote_filesystem_transport = rsync\n"],
    "a variable that is not known": ["[DEFAULT]\ninstances_path = $nosuch/a\n"],
    "a variable of a section that is not known": ["[DEFAULT]\ninstances_path = ${state_path.x}\n"],
    "a variable that is too long": ["[DEFAULT]\ninstances_path = $state_path.bak\n"],
    "dollars": ["[DEFAULT]\ninstances_path = $$state_path/\\$state_path/$/$1/${/${x y}/$\n"],
    "a dollar before a backslash": ["[DEFAULT]\ninstances_path = $\\$state_path\n"],
    "percent": ["[DEFAULT]\ninstances_path = /a%b%%c%(d)s\n[libvirt]\nlive_migration_uri = qemu+ssh://nova@%s/system\n"],
    "image cache of an address": ["[DEFAULT]\nmy_ip = 10.0.0.1\n[image_cache]\nsubdirectory_name = _base_$my_ip\n"],
    "the older name": ["[DEFAULT]\nimage_cache_subdirectory_name = old\n"],
    "both names": ["[image_cache]\nsubdirectory_name = new\n[DEFAULT]\nimage_cache_subdirectory_name = old\n"],
    "the older name later": ["[image_cache]\nsubdirectory_name = new\n", "[DEFAULT]\nimage_cache_subdirectory_name = old\n"],
    "itself": ["[DEFAULT]\nstate_path = $state_path\ninstances_path = $state_path\n"],
}


def oslo(paths):
    """The answers of oslo.config, in the format of nova-values."""
    conf = cfg.ConfigOpts()
    conf.register_opts([cfg.StrOpt("state_path", default="/var/lib/nova"), cfg.StrOpt("instances_path", default="$state_path/instances"),
                        cfg.StrOpt("my_ip", default=UNSET)])
    conf.register_opts([cfg.StrOpt("remote_filesystem_transport", default=UNSET),
                        cfg.StrOpt("live_migration_uri", default=UNSET)], group="libvirt")
    conf.register_opts([cfg.StrOpt("subdirectory_name", default=UNSET, deprecated_name="image_cache_subdirectory_name",
                                   deprecated_group="DEFAULT")], group="image_cache")
    try:
        conf([f"--config-file={path}" for path in paths], project="nova", default_config_files=[], default_config_dirs=[])
    except cfg.ConfigFileParseError:
        return ["line"]
    return [value(conf, *option) for option in OPTIONS]


def value(conf, section, name):
    try:
        found = conf[name] if section == "DEFAULT" else conf[section][name]
    except (cfg.NoSuchOptError, cfg.NoSuchGroupError, cfg.TemplateSubstitutionError, RecursionError):
        return "unknown"
    place = conf.get_location(name, None if section == "DEFAULT" else section)
    if place.location == cfg.Locations.opt_default:
        return "unset"
    return "unknown" if UNSET in found else "set " + found


def ours(questions):
    done = subprocess.run([PROGRAM], input="".join(" ".join(map(str, paths)) + "\n" for paths in questions).encode(),
                          stdout=subprocess.PIPE, check=True, timeout=120)
    words = done.stdout.decode().split("\0")[:-1]
    answers = []
    while words:
        taken = 1 if words[0].startswith("line ") else len(OPTIONS)
        answers.append(["line"] if taken == 1 else words[:taken])
        words = words[taken:]
    return answers


def write(directory, files):
    paths = []
    for number, text in enumerate(files):
        path = directory / f"{number}.conf"
        path.write_bytes(text.encode())
        paths.append(path)
    return paths


@pytest.mark.parametrize("what", TABLE)
def test_oslo_config_says_the_same(what, tmp_path):
    paths = write(tmp_path, TABLE[what])
    assert ours([paths]) == [oslo(paths)]


PIECES = ["[DEFAULT]", "[libvirt]", "[LibVirt]", "[image_cache]", "[x", "[]", "instances_path", "remote_filesystem_transport",
          "subdirectory_name", "image_cache_subdirectory_name", "state_path", "my_ip", " = ", "=", ":", " ", "\t", "\n", "\n", "\n",
          "\n ", "\r\n", "\r", "#", ";", "'", '"', "$", "$$", "\\$", "\\", "{", "}", "$state_path", "${state_path}", "$my_ip",
          "${libvirt.remote_filesystem_transport}", "%", "/a", "b", "1", "_", "."]
STARTS = ["", "", "[DEFAULT]\n", "[DEFAULT]\nmy_ip = 1\ninstances_path = ", "[libvirt]\nremote_filesystem_transport = ",
          "[image_cache]\nsubdirectory_name = "]


def test_odd_files_are_read_alike(tmp_path):
    rng = random.Random(20261129)
    questions = []
    for number in range(3000):
        directory = tmp_path / str(number)
        directory.mkdir()
        questions.append(write(directory, [
            rng.choice(STARTS) + "".join(rng.choices(PIECES, k=rng.randrange(12))) for _ in range(rng.choice((1, 1, 2)))]))
    for paths, said in zip(questions, ours(questions)):
        wanted = oslo(paths)
        assert said == wanted, [path.read_bytes() for path in paths]
