# SPDX-License-Identifier: Apache-2.0
"""equivalents: rows that no test can see, by name, each with the reason."""

EQUIVALENTS = {
    "keeper: what a dead supervisor started is not its own":
        "the kill of the group ends it all the same; the keeper then does not wait for that before it clears the mirror",
    "Landlock: truncation not handled, for a child":
        "no child's filter lets it truncate but what it has opened for writing; by itself, a unit test sees it",
    "Landlock: signals not scoped, for a child":
        "no child's filter lets it send a signal; by itself, a unit test sees it",
    "Landlock: a child may signal like its supervisor":
        "no child's filter lets it send a signal",
    "second wall: ambient capabilities are kept":
        "an ambient capability goes with the permitted one, which capset(2) drops after it",
    "second wall: the filter with chmod where roots are shown whole":
        "a push is given one place, so that its roots never are; this holds for the form that is given more",
    "openat2: without RESOLVE_NO_MAGICLINKS":
        "RESOLVE_NO_SYMLINKS implies it: openat2(2), which asks to name both",
    "limits: of a child's core":
        "ours is 0 already, the hard one too, and the child has it from us; this holds for the day ours is not",
    "touch: follows a link by itself":
        "RESOLVE_NO_SYMLINKS refuses the last name of a path as well",
    "descriptors: ours go to the child":
        "each of ours is closed by its exec already (O_CLOEXEC); this holds for the one that forgets it",
    "environment: is left in ourselves":
        "nothing reads a variable any more, and the child gets an array of our own",
    "mirror: a file with content is a probe":
        "RLIMIT_FSIZE is 0 for who writes there: no file in a mirror has content",
    "mirror: what is no file is a probe":
        "seccomp lets no child make a node, and a link fails the open before it (ELOOP)",
    "mirror: a link is followed to the probe":
        "the open before it fails with ELOOP for a link, and then nobody looks",
    "mirror: a file with a second name is a probe":
        "seccomp lets no child make a second name; what is read of a mirror is a path, and no file of it is kept",
    "mirror: a placeholder may be another file":
        "then nothing of that name has vanished, and nothing is asked of it; the mirror goes all the same",
    "mirror: a placeholder may have content":
        "RLIMIT_FSIZE is 0 for who writes there: no file in a mirror has content",
    "mirror: a placeholder may be no file":
        "the inode is asked for as well, which is that of the file that was put there",
    "mirror: a placeholder may have a second name":
        "seccomp lets no child make one",
    "mirror: opened by whatever name stands there":
        "mkdtemp(3) has just made it in a directory with the sticky bit, where nobody else can swap it",
    "configuration: of any size":
        "the reader takes one byte more than may be there, and the parser refuses what has it",
    "audit: without a syslog goes on":
        "the record of the decision cannot be sent then, which refuses the command as well",
    "programs: no file":
        "execveat(2) takes regular files alone; asked for before, so that the record says which it was",
    "key: of another's file":
        "what nobody but its owner may read cannot be opened by us when another owns it; for root alone",
    "relay: signals to groups":
        "pidfd_open(2) takes no number below 1, and what it does not take is refused",
    "hint: a link in their place is followed":
        "a hint only names an instance, whose claim is then asked for all the same",
    "sessions: counted in another's file":
        "what nobody but its owner may open cannot be opened by us when another owns it; for root alone",
    "claim: an instance that is a link":
        "each act opens the instance by openat2 again, which refuses the link; this says so in the record",
    "scope.c: if (count == PATTERNS_MAX || !path_is_uuid(word, strlen(word))) -> "
    "if (!path_is_uuid(word, strlen(word)))":
        "a value of VALUE_MAX bytes has no room for so many uuids",
    "scope.c: if (bits <= 8 * i) -> if (bits < 8 * i)":
        "of bits == 8 * i the last line makes the same: 0xff shifted by 8 is 0 in a byte",
    "record.c: len < plain || room < escape -> room < escape":
        "where not all the plain bytes fit, they take all the room: none is left, and an escape takes more",
    "profile.def: profile_sessions, 0, SESSIONS_MAX, no_more) -> profile_sessions, 0, SESSIONS_MAX, no_less)":
        "no key sets it for who has no profile: it is 0 there, beside which both judges take every number",
    'form "libvirt": a word more may follow':
        "a line is read whole, and not word by word: the reader of words refuses at the first rule of this form",
    "end: no sweep":
        "the keeper sweeps as well when the supervisor has ended, a moment later",
    "end: the orphans of a child are not ours":
        "its group is killed all the same; as ours we wait until they are gone, which a test sees only now and then",
    "end: a child that says it failed is trusted to end":
        "what says so is our own code, which ends behind it; the signal is for the one that would not",
}
