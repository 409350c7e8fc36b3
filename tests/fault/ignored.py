# SPDX-License-Identifier: Apache-2.0
"""ignored: the failures that make no difference to how a run comes out, and why they need not. Whatever else is let
fail and comes out as done is a defect. A row is the call and the function that makes it."""

DESCRIPTOR = "Linux closes a descriptor whatever close(2) answers, and nothing was written to it that is not synced"
SHOWN = "is only shown in records; where it counts, its absence refuses"
UNJUDGED = "an image that cannot be read is not judged at the end of a session; a fence judges it"
KEEPER = "the keeper then does not know that the supervisor has recorded the end, and records it, too"
HINT = "a hint is looked for again, and points at nothing by itself"
SIGNALS = "the child then keeps what it inherited, and SIGKILL is never kept"
CLOCK = "does not fail on Linux; where it did, the time is that before every claim"
BY_SCP = "before a session over SFTP has begun: scp then copies; a signal is no failure"
AGAIN = "is tried again"
NO_DELAY = "only makes the connection answer sooner"
JANITOR = "of the janitor, after which the private directory stays: the operation is over by then"
AUTO = "namespaces = auto: it goes on without the second wall, and the record says so"
MIRROR = "a mirror is counted again and cleared twice"
RELAY = "a signal that the child sends to itself is then refused"
PROGRESS = "progress is for people"
SEAL = "the directory then keeps its old seal: the peer's next command is refused"
ALIVE = "of the look before the seal: the instance then counts as one that lives here, and is not sealed"
RECORD = "the migration goes on, and could not be continued"

IGNORED = {
    "shell": {
        ("chdir", "namespace_enter"): "it then stands in the root of what it may see",
        ("clock_gettime", "instance_now"): CLOCK,
        ("clock_gettime", "used_by"): "counts as nothing used, once",
        ("clone", "namespace_make"): AUTO,
        ("fchmodat", "unshut"): MIRROR,
        ("fgetxattr", "differs"): SEAL,
        ("fgetxattr", "is_claimed"): SEAL,
        ("fsetxattr", "seal_set"): "the directory then gets its sealed time back",
        ("fstat", "held_reopen"): "the directory stays as the child left it: others then count it as a claim",
        ("fstat", "is_own"): ALIVE,
        ("fstat", "seal_text"): SEAL,
        ("fgetxattr", "instance_claim_read"): "is then another's, which matters to who writes; a hint is read twice",
        ("fstatat", "clear_entry"): "is taken for a file: unlinkat(2) tells",
        ("getcwd", "namespace_enter"): "it then stands in the root of what it may see",
        ("fcntl:F_OFD_SETLK", "turn_give"): "of a lock that is given back: it goes with the process, which is about to end",
        ("fcntl:F_OFD_GETLK", "instance_file_is_locked"): ALIVE,
        ("fcntl:F_OFD_SETLK", "lock"): "a command that judges meanwhile finds no holder, and may be refused",
        ("fcntl:F_SETLEASE", "has_writer"): "counts as a writer, so that the session ends sooner",
        ("fstat", "root_of"): "no backing file is good then, and there was none",
        ("fstatat", "root_of"): "no backing file is good then, and there was none",
        ("fstatat", "place_is_empty_file"): "the probe is then made, or not, by the act itself",
        ("fstatat", "walk_entry"): "of the look for what was written: it is not named, which is only shown",
        ("poll", "keeper_wait"): AGAIN,
        ("poll", "keeper_wait_ready"): "the keeper's word is there already; otherwise the command is denied",
        ("read", "keeper_wait"): KEEPER,
        ("read", "signals_take"): AGAIN,
        ("syscall:SYS_mount_setattr", "helper_main"): "asks only whether the call is known",
        ("waitpid", "namespace_scratch"): AGAIN,
        ("write", "tell"): KEEPER,
        ("getrandom", "request_ref"): "the clock and our number stand in",
        ("ioctl:SECCOMP_IOCTL_NOTIF_RECV", "exchange"): AGAIN,
        ("ioctl:SECCOMP_IOCTL_NOTIF_SEND", "exchange"): AGAIN,
        ("kill", "sweep"): "by then it has ended, and what it left is killed as we end",
        ("lseek", "directory_begin"): MIRROR,
        ("mkdirat", "claim_index_make"): HINT,
        ("open", "file_write"): AUTO,
        ("open", "namespaces_keep"): AUTO,
        ("open", "run_supervised"): SHOWN,
        ("open", "entry_open"): "what has gone meanwhile is not shown",
        ("open", "user_find"): SHOWN,
        ("readlink", "syslog_is_journald"): "the record then goes to /dev/log, as to any syslog daemon",
        ("openat", "clear_levels"): MIRROR,
        ("poll", "supervise"): AGAIN,
        ("pread", "io_measure"): SHOWN,
        ("pread", "used_by_all"): "counts as nothing used, once",
        ("read", "on_signal"): AGAIN,
        ("read", "read_all"): "is read on where it was cut; what /etc/passwd says is only shown, and " + UNJUDGED,
        ("signal", "signals_reset"): SIGNALS,
        ("signal", "supervise_begin"): "a child that the kernel reaps for us is found out by waitpid(2)",
        ("sigprocmask", "signals_reset"): SIGNALS,
        ("getpgid", "signal_relay"): RELAY,
        ("syscall:SYS_clock_gettime", "clock_ms"): CLOCK,
        ("syscall:SYS_getdents64", "directory_next"): MIRROR,
        ("syscall:SYS_move_mount", "root_take"): AUTO,
        ("syscall:SYS_openat2", "open_resolved"): "of a hint, or of the mirror, which are looked at again",
        ("syscall:SYS_pidfd_open", "signal_relay"): RELAY,
        ("syscall:SYS_pidfd_send_signal", "send_by"): RELAY,
        ("uname", "processes_are_counted"): "the limit is set all the same",
        ("unlinkat", "goes_by_itself"): MIRROR,
        ("unlinkat", "claim_index_drop"): HINT,
        ("unlinkat", "claim_index_tidy"): HINT,
        ("unlinkat", "is_cleared"): MIRROR,
        ("waitpid", "namespace_make"): AGAIN,
        ("waitpid", "reap"): AGAIN,
        ("waitpid", "sweep"): AGAIN,
        ("write", "file_write"): AUTO,
        ("writev", "parts_send"): "of the done record: the act is done, and the peer is told that it is not recorded",
    },
    "sender": {
        ("chdir", "janitor_run"): JANITOR,
        ("clock_gettime", "clock_ms"): "does not fail on Linux; a limit may then come too soon",
        ("close_range", "child_become"): "every descriptor of ours closes by itself at exec",
        ("close_range", "janitor_run"): JANITOR,
        ("connect", "not_ready"): AGAIN,
        ("dup2", "child_become"): BY_SCP,
        ("dup2", "janitor_run"): JANITOR,
        ("execve", "janitor_run"): JANITOR,
        ("fcntl:F_SETFL", "start"): "the child's output is then not waited for by it",
        ("fflush", "json_line"): "words for people and programs that watch; the outcome is the exit status",
        ("fstatat", "tcp_no_delay"): NO_DELAY,
        ("getsockopt", "is_tcp"): NO_DELAY,
        ("kill", "group_signal"): AGAIN,
        ("lseek", "data_between"): PROGRESS,
        ("poll", "turn"): AGAIN,
        ("pread", "read_all"): AGAIN,
        ("recv", "stream_read"): BY_SCP,
        ("sendmsg", "stream_write"): BY_SCP,
        ("setsockopt", "sftp_session_start"): "the kernel keeps fewer bytes on their way",
        ("open", "janitor_run"): JANITOR,
        ("open", "remotefs_compresses"): "what cannot be read is sent compressed, which fails by itself",
        ("opendir", "tcp_no_delay"): NO_DELAY,
        ("poll", "can_read"): AGAIN,
        ("poll", "child_poll"): AGAIN,
        ("read", "janitor_run"): JANITOR,
        ("read", "child_drain"): "what a program says is lost; the outcome is its exit status",
        ("read", "read_all"): AGAIN,
        ("read", "remotefs_compresses"): "as when it cannot be opened",
        ("readdir", "only_received"): "the one file is taken by its name; what else there is goes with its directory",
        ("readdir", "tcp_no_delay"): NO_DELAY,
        ("open", "resume_begin"): RECORD,
        ("openat", "record_write"): RECORD,
        ("renameat", "resume_write"): RECORD,
        ("stat", "resume_row"): RECORD,
        ("unlinkat", "resume_forget"): "a record of files that have arrived, by which nothing is sent wrongly",
        ("unlinkat", "resume_write"): "then the new record cannot be made, and there is none",
        ("write", "record_write"): RECORD,
        ("setpgid", "child_become"): "the parent does it too",
        ("setpgid", "start"): "the child does it too",
        ("setsid", "janitor_run"): "a signal to the terminal may end it before its work",
        ("setsockopt", "socket_no_delay"): NO_DELAY,
        ("signal", "signals_reset"): SIGNALS,
        ("signal", "stop_signals_open"): "SIGPIPE then ends us where nobody reads, SIGCHLD is as it was",
        ("signalfd", "stop_signals_open"): "the operation cannot be stopped by a signal but SIGKILL",
        ("sigprocmask", "signals_reset"): SIGNALS,
        ("sigprocmask", "stop_signals_open"): "a signal then ends us at once, and nothing is taken back",
        ("socket", "not_ready"): AGAIN,
        ("stat", "place_find"): "a local name that cannot be looked at is taken for a new one",
        ("syscall:SYS_landlock_create_ruleset", "wall_abi"): "a kernel without Landlock: sender/wall.h",
        ("syscall:SYS_pidfd_getfd", "socket_no_delay"): NO_DELAY,
        ("syscall:SYS_pidfd_open", "start"): "an old kernel: it then looks now and then",
        ("unlink", "probe_seen"): "whether it is there is then asked of access(2)",
        ("waitid", "child_reap"): AGAIN,
        ("waitid", "ended_now"): "then it has ended: it is waited for",
        ("waitid", "is_ours"): "then it is not signalled, and waited for",
        ("waitpid", "scratch_remove"): AGAIN,
    },
}

# Of a transfer that takes long enough to be looked at, which on an idle machine none here does.
LOOKS = [(name, "child_offset") for name in ("fstatat", "opendir", "readdir")]
LOOKS += [(name, "files_data") for name in ("fstatat", "opendir", "readdir")]
LOOKS += [("open", "fd_offset"), ("read", "fd_offset")]
for place in LOOKS:
    IGNORED["sender"][place] = PROGRESS

# close(2) of any function.
for side in IGNORED.values():
    side["close", "*"] = DESCRIPTOR

# What depends on which process is faster, so that it is not always seen.
RARE = {
    ("clock_gettime", "used_by"), ("ioctl:SECCOMP_IOCTL_NOTIF_RECV", "exchange"), ("syscall:SYS_openat2", "open_resolved"),
    ("ioctl:SECCOMP_IOCTL_NOTIF_SEND", "exchange"), ("lseek", "directory_begin"), ("poll", "supervise"),
    ("pread", "used_by_all"), ("read", "on_signal"), ("syscall:SYS_getdents64", "directory_next"), ("waitpid", "reap"),
    ("connect", "not_ready"), ("fstatat", "tcp_no_delay"), ("getsockopt", "is_tcp"), ("opendir", "tcp_no_delay"),
    ("poll", "can_read"), ("poll", "child_poll"), ("read", "child_drain"), ("readdir", "tcp_no_delay"),
    ("setsockopt", "socket_no_delay"), ("socket", "not_ready"), ("syscall:SYS_pidfd_getfd", "socket_no_delay"),
    ("kill", "group_signal"), ("waitid", "is_ours"), ("waitid", "ended_now"), ("readdir", "only_received"),
    ("setsid", "janitor_run"), ("mkdirat", "claim_index_make"), ("unlinkat", "goes_by_itself"),
    ("fcntl:F_OFD_GETLK", "instance_file_is_locked"), ("poll", "keeper_wait_ready"), ("fstat", "is_own"),
    ("fsetxattr", "seal_set"), ("fstat", "seal_text"), ("clock_gettime", "clock_ms"),
}
RARE.update(LOOKS)

# What says by its errno that a thing is not there: FAULT=full has that one too.
RARE |= {("open", "file_write"), ("open", "namespaces_keep"), ("open", "entry_open")}
