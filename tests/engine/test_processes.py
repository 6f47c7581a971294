"""How threads come, change and go, and what fields say about them."""

import pytest
from process_events import FILES, IN_PIDNS, NEWPID, THREAD, capture, clone, execve, simple, u32, value, values
from scap_builder import Process, i64

GETPID = "GENERIC_E"


def ping(tid: int = 10) -> bytes:
    """An event that changes nothing."""
    return simple("CLOSE_E", tid, i64(99))


# ---- clone


def test_caller_makes_the_child() -> None:
    data = capture(clone(10, 20, ids=(5, 6)), ping(20))
    assert values(data, "proc.pid", "proc.ppid", "proc.name", "proc.cmdline", "user.uid", "group.gid", "thread.ismain")[-1] == (
        20,
        10,
        "sh",
        "sh -c job",
        5,
        6,
        True,
    )


def test_child_makes_itself_and_the_caller_keeps_it() -> None:
    data = capture(clone(20, 0, ptid=10, comm=b"kid"), clone(10, 20, comm=b"other"), ping(20))
    assert values(data, "proc.name", "proc.pname", "proc.vmsize")[-1] == ("kid", "sh", 3)


def test_old_entry_of_a_reused_tid_goes() -> None:
    data = capture(clone(10, 20, comm=b"first"), clone(10, 20, comm=b"second"), ping(20))
    assert value(data, "proc.name") == "second"


def test_failed_clone_makes_nothing() -> None:
    data = capture(clone(10, -11), ping(10))
    assert values(data, "proc.nthreads", "proc.pid")[-1] == (1, 10)


def test_thread_shares_its_process() -> None:
    data = capture(clone(10, 20, flags=THREAD | FILES, comm=b"worker"), ping(20))
    fields = ("thread.tid", "proc.pid", "proc.ppid", "thread.ismain", "proc.nthreads", "proc.nchilds", "proc.cwd", "proc.name")
    assert values(data, *fields)[-1] == (20, 10, 1, False, 2, 1, "/tmp/", "worker")


def test_child_of_a_pid_namespace_is_not_made_by_its_caller() -> None:
    data = capture(clone(10, 2, flags=NEWPID), ping(10), clone(20, 0, ptid=10, flags=NEWPID, vids=(1, 1)), ping(20))
    assert values(data, "proc.pid", "proc.vpid", "thread.vtid", "proc.pvpid")[-1] == (20, 1, 1, 10)


def test_thread_of_an_unknown_process_tells_about_its_leader() -> None:
    data = capture(clone(31, 0, pid=30, ptid=1, flags=THREAD, comm=b"w"), ping(30))
    assert values(data, "proc.pid", "proc.name", "proc.nthreads", "proc.ppid")[-1] == (30, "w", 2, 1)


def test_clone_of_an_unknown_caller_tells_about_it() -> None:
    data = capture(clone(40, 41, ptid=1, comm=b"x"), ping(40))
    assert values(data, "proc.pid", "proc.name", "proc.pname")[-1] == (40, "x", "init")


# ---- threads that nobody announced


def test_lost_thread_is_made_up() -> None:
    assert values(capture(ping(77)), "proc.name", "thread.tid", "proc.ppid", "user.name")[-1] == ("<NA>", 77, None, "<NA>")


def test_exec_of_a_made_up_thread_gives_it_a_parent() -> None:
    data = capture(execve(77, ptid=10), ping(77))
    assert values(data, "proc.name", "proc.pid", "proc.pname", "proc.nthreads")[-1] == ("cat", 77, "sh", 1)


def test_table_does_not_grow_for_ever() -> None:
    from csyspy.engine.state import State

    state = State()
    state.threads.max_threads = 2
    assert state.threads.refused == 0


# ---- execve


def test_exec_changes_the_program() -> None:
    data = capture(execve(10), ping())
    fields = (
        "proc.name",
        "proc.exe",
        "proc.args",
        "proc.cmdline",
        "proc.exeline",
        "proc.env",
        "proc.env[B]",
        "proc.env[C]",
        "proc.tty",
        "proc.fdlimit",
        "proc.vmsize",
        "thread.pfmajor",
        "proc.cmdnargs",
        "proc.cmdlenargs",
    )
    assert values(data, *fields)[-1] == (
        "cat",
        "/bin/cat",
        "-n /etc/hosts",
        "cat -n /etc/hosts",
        "/bin/cat -n /etc/hosts",
        "A=1 B= two ",
        "two",
        "",
        34816,
        512,
        8,
        6,
        2,
        12,
    )


def test_failed_exec_changes_nothing() -> None:
    assert value(capture(execve(10, result=-2), ping()), "proc.name") == "sh"


@pytest.mark.parametrize(("name", "path"), [(b"cat", "/tmp/cat"), (b"../bin/cat", "/bin/cat"), (b"/x/./cat", "/x/cat")])
def test_exepath_comes_from_the_enter_event(name: bytes, path: str) -> None:
    assert value(capture(simple("EXECVE_19_E", 10, name + b"\0"), execve(10)), "proc.exepath") == path


def test_exepath_comes_from_the_kernel_where_it_tells() -> None:
    more = [u32(1000), u32(1 | 4), i64(1), i64(2), i64(2), i64(7), i64(500), i64(600), u32(33), b"/real/cat (deleted)\0", i64(10), u32(44)]
    data = capture(simple("EXECVE_19_E", 10, b"cat\0"), execve(10, more=more))
    fields = (
        "proc.exepath",
        "user.loginuid",
        "proc.is_exe_writable",
        "proc.is_exe_from_memfd",
        "proc.is_exe_upper_layer",
        "thread.cap_effective",
        "proc.exe_ino",
        "user.uid",
        "group.gid",
        "proc.pgid",
        "proc.is_pgid_leader",
    )
    assert values(data, *fields)[-1] == ("/real/cat", 1000, True, True, False, "CAP_DAC_OVERRIDE", 7, 33, 44, 10, True)


def test_exec_ends_the_other_threads() -> None:
    data = capture(clone(10, 20, flags=THREAD), execve(10), ping())
    assert value(data, "proc.nthreads") == 1


# ---- exit


def test_thread_is_there_on_its_exit_event_and_gone_after() -> None:
    data = capture(clone(10, 20), simple("PROCEXIT_1_E", 20, i64(0)), ping(20))
    assert [row[0] for row in values(data, "proc.name")] == ["sh", "sh", "<NA>"]


def exit_of(tid: int, reaper: int = 0) -> bytes:
    return simple("PROCEXIT_1_E", tid, i64(0), i64(0), b"\0", b"\0", i64(reaper))


@pytest.mark.parametrize(("reaper", "parent"), [(0, 1), (10, 10), (999, 1)])
def test_orphans_go_to_the_reaper(reaper: int, parent: int) -> None:
    """To the one the kernel names; else, and where that one is unknown, to the nearest ancestor that is one."""
    data = capture(clone(10, 20), clone(20, 30, ptid=10), exit_of(20, reaper), ping(30))
    assert value(data, "proc.ppid") == parent


def test_orphans_go_to_a_subreaper() -> None:
    prctl = simple("PRCTL_X", 10, i64(0), u32(36), b"", i64(1))
    data = capture(prctl, clone(10, 20), clone(20, 30, ptid=10), exit_of(20), ping(30))
    assert value(data, "proc.ppid") == 10


def test_children_of_a_thread_stay_in_its_process() -> None:
    data = capture(clone(10, 20, flags=THREAD), clone(20, 30, pid=10), exit_of(20), ping(30))
    assert value(data, "proc.ppid") == 10


def test_leader_stays_while_its_threads_live() -> None:
    data = capture(clone(10, 20, flags=THREAD), exit_of(10), ping(20), exit_of(20), ping(10))
    rows = values(data, "proc.name", "proc.nthreads", "proc.nchilds", "proc.cwd")
    assert rows[2] == ("sh", 1, 1, "/tmp/")
    assert rows[-1][0] == "<NA>"


# ---- ancestors


def test_ancestors() -> None:
    data = capture(clone(10, 20, comm=b"a"), clone(20, 30, ptid=10, comm=b"b"), ping(30))
    fields = (
        "proc.aname[0]",
        "proc.aname[1]",
        "proc.aname[2]",
        "proc.aname[3]",
        "proc.aname[4]",
        "proc.apid[2]",
        "proc.aname",
        "proc.acmdline[1]",
        "proc.loginshellid",
        "proc.ppid",
    )
    assert values(data, *fields)[-1] == ("b", "a", "sh", "init", None, 10, None, "a -c job", 10, 20)


def test_parents_that_run_in_a_circle_end() -> None:
    data = capture(ping(10), processes=[Process(10, ptid=11), Process(11, ptid=10)])
    assert values(data, "proc.aname[1000]", "proc.loginshellid", "proc.aenv[X]")[-1] == ("sh", 11, "")


# ---- what calls change


@pytest.mark.parametrize(
    ("events", "field", "expected"),
    [
        ([simple("CHDIR_X", 10, i64(0), b"/var\0")], "proc.cwd", "/var/"),
        ([simple("CHDIR_X", 10, i64(0), b"../etc\0")], "proc.cwd", "/etc/"),
        ([simple("CHDIR_X", 10, i64(-2), b"/var\0")], "proc.cwd", "/tmp/"),
        ([simple("SETUID_E", 10, u32(7)), simple("SETUID_X", 10, i64(0))], "user.uid", 7),
        ([simple("SETUID_E", 10, u32(7)), simple("SETUID_X", 10, i64(-1))], "user.uid", 1000),
        ([simple("SETUID_X", 10, i64(0))], "user.uid", 1000),
        ([simple("SETRESUID_E", 10, u32(1), u32(0xFFFFFFFF), u32(1)), simple("SETRESUID_X", 10, i64(0))], "user.uid", 1000),
        ([simple("SETRESUID_E", 10, u32(1), u32(3_000_000_000), u32(1)), simple("SETRESUID_X", 10, i64(0))], "user.uid", 3_000_000_000),
        ([simple("SETRESGID_E", 10, u32(1), u32(2), u32(1)), simple("SETRESGID_X", 10, i64(0))], "group.gid", 2),
        ([simple("SETGID_E", 10, u32(9)), simple("SETGID_X", 10, i64(0))], "group.gid", 9),
        ([simple("SETSID_X", 10, i64(10))], "proc.sid", 10),
        ([simple("PRLIMIT_E", 10, i64(0), b"\7"), simple("PRLIMIT_X", 10, i64(0), i64(77), i64(88), i64(1), i64(2))], "proc.fdlimit", 77),
        ([simple("SETRLIMIT_E", 10, b"\7"), simple("SETRLIMIT_X", 10, i64(0), i64(66), i64(88))], "proc.fdlimit", 66),
        ([simple("SETRLIMIT_E", 10, b"\1"), simple("SETRLIMIT_X", 10, i64(0), i64(66), i64(88))], "proc.fdlimit", 1024),
        ([simple("CAPSET_X", 10, i64(0), i64(0), i64(0), i64(1))], "thread.cap_effective", "CAP_CHOWN"),
        ([simple("UNSHARE_E", 10, u32(1 << 20)), simple("UNSHARE_X", 10, i64(0))], "proc.name", "sh"),
        ([simple("BRK_4_X", 10, i64(0), u32(70), u32(60), u32(50))], "proc.vmrss", 60),
        ([simple("SCHEDSWITCH_6_E", 10, i64(0), i64(4), i64(5), u32(70), u32(60), u32(50))], "thread.pfminor", 5),
    ],
)
def test_call(events: list[bytes], field: str, expected: object) -> None:
    assert value(capture(*events, ping()), field) == expected


def test_namespaces_give_all_capabilities() -> None:
    data = capture(simple("UNSHARE_E", 10, u32(1 << 20)), simple("UNSHARE_X", 10, i64(0)), ping())
    assert str(value(data, "thread.cap_permitted")).count("CAP_") == 41


def test_enter_event_of_another_call_is_not_used() -> None:
    data = capture(simple("SETUID_E", 10, u32(7)), ping(), simple("SETUID_X", 10, i64(0)), ping())
    assert value(data, "user.uid") == 1000


# ---- session and group leaders


def test_leaders() -> None:
    data = capture(execve(10), simple("SETSID_X", 10, i64(10)), clone(10, 20, comm=b"kid"), ping(20))
    assert values(data, "proc.sname", "proc.sid.exe", "proc.vpgid.name", "proc.is_sid_leader")[-1] == ("cat", "/bin/cat", "cat", False)


def test_leader_inside_a_namespace_is_looked_for_among_the_ancestors() -> None:
    first = clone(20, 0, ptid=10, comm=b"pause", flags=NEWPID, vids=(1, 1))
    second = clone(30, 0, ptid=20, comm=b"app", flags=IN_PIDNS, vids=(7, 7))
    data = capture(first, simple("SETSID_X", 20, i64(1)), second, ping(30))
    assert value(data, "proc.sname") == "pause"


# ---- CPU time


def test_exectime_is_the_time_between_switches_of_a_cpu() -> None:
    def switch(tid: int, ts: int, cpu: int) -> bytes:
        return simple("SCHEDSWITCH_6_E", tid, i64(0), i64(0), i64(0), u32(0), u32(0), u32(0), ts=ts, cpu=cpu)

    data = capture(switch(10, 100, 0), switch(10, 150, 1), switch(10, 300, 0), switch(1, 500, 0), switch(10, 600, 0))
    rows = values(data, "thread.exectime", "thread.totexectime")
    assert rows == [(0, 0), (0, 0), (200, 200), (200, 200), (100, 300)]


def test_cpu_percent_comes_from_procinfo() -> None:
    data = capture(*(simple("PROCINFO_E", 10, i64(user), i64(system)) for user, system in ((10, 5), (17, 8), (900, 9))))
    assert values(data, "thread.cpu", "thread.cpu.user", "thread.cpu.system") == [(0.0, 0.0, 0.0), (10.0, 7.0, 3.0), (100.0, 100.0, 1.0)]


# ---- events of old producers


OLD_PARAMS = [i64(0), b"/bin/cat\0", b"-n\0", i64(10), i64(10), i64(1), b"/\0", i64(512)]
OLD_MEMORY = [i64(1), i64(2), u32(3), u32(4), u32(5)]


@pytest.mark.parametrize(
    ("name", "more", "comm", "env"),
    [
        ("EXECVE_8_X", [], "/bin/cat", "A=1"),
        ("EXECVE_13_X", OLD_MEMORY, "/bin/cat", "A=1"),
        ("EXECVE_14_X", [*OLD_MEMORY, b"B=2\0"], "/bin/cat", "B=2"),
        ("EXECVE_15_X", [*OLD_MEMORY, b"cat\0", b"B=2\0"], "cat", "B=2"),
        ("EXECVE_16_X", [*OLD_MEMORY, b"cat\0", b"cpu=/\0", b"B=2\0"], "cat", "B=2"),
        ("EXECVE_17_X", [*OLD_MEMORY, b"cat\0", b"cpu=/\0", b"B=2\0", u32(7)], "cat", "B=2"),
        ("EXECVEAT_X", [*OLD_MEMORY, b"cat\0", b"cpu=/\0", b"B=2\0", u32(7), i64(1)], "cat", "B=2"),
    ],
)
def test_exec_of_every_version(name: str, more: list[bytes], comm: str, env: str) -> None:
    data = capture(simple(name, 10, *OLD_PARAMS, *more), ping())
    assert values(data, "proc.name", "proc.exe", "proc.args", "proc.env", "proc.fdlimit")[-1] == (comm, "/bin/cat", "-n", env, 512)


@pytest.mark.parametrize(
    ("name", "more", "comm"),
    [
        ("CLONE_11_X", [u32(0), u32(5), u32(6)], "/bin/cat"),
        ("CLONE_16_X", [*OLD_MEMORY, u32(0), u32(5), u32(6)], "/bin/cat"),
        ("FORK_X", [*OLD_MEMORY, u32(0), u32(5), u32(6)], "/bin/cat"),
        ("VFORK_X", [*OLD_MEMORY, u32(0), u32(5), u32(6)], "/bin/cat"),
        ("CLONE_17_X", [*OLD_MEMORY, b"cat\0", u32(0), u32(5), u32(6)], "cat"),
        ("FORK_17_X", [*OLD_MEMORY, b"cat\0", u32(0), u32(5), u32(6)], "cat"),
        ("VFORK_20_X", [*OLD_MEMORY, b"cat\0", b"cpu=/\0", u32(0), u32(5), u32(6), i64(10), i64(10)], "cat"),
        ("CLONE3_X", [*OLD_MEMORY, b"cat\0", b"cpu=/\0", u32(0), u32(5), u32(6), i64(10), i64(10), i64(9)], "cat"),
    ],
)
def test_clone_of_every_version(name: str, more: list[bytes], comm: str) -> None:
    data = capture(simple(name, 10, i64(20), *OLD_PARAMS[1:], *more), ping(20))
    assert values(data, "proc.name", "proc.ppid", "user.uid", "group.gid", "proc.vpid")[-1] == (comm, 10, 5, 6, 20)


@pytest.mark.parametrize("count", range(20))
def test_cut_parameters_do_no_harm(count: int) -> None:
    whole = [*OLD_PARAMS, *OLD_MEMORY, b"cat\0", b"cpu=/\0", u32(0), u32(5), u32(6), i64(10), i64(10)]
    events = [
        simple(name, 10, *whole[:count]) for name in ("EXECVE_19_X", "CLONE_20_X", "PROCEXIT_1_E", "SETUID_X", "PRLIMIT_X", "CHDIR_X")
    ]
    assert len(values(capture(*events), "proc.name")) == len(events)
