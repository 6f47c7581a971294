"""Fields about the event itself: time, kind, result, parameters, system log."""

import struct

import pytest
from fd_events import openat
from process_events import capture, simple, u32, value, values
from scap_builder import Process, i64

OLD = [Process(1, ptid=0, comm=b"init", tail="old"), Process(10, tail="old")]
TS = 1_795_220_954_754_370_630


def close(ts: int = TS, cpu: int = 0) -> tuple[bytes, bytes]:
    return simple("CLOSE_E", 10, i64(3), ts=ts, cpu=cpu), simple("CLOSE_X", 10, i64(0), ts=ts + 2_760, cpu=cpu)


def test_times(monkeypatch: pytest.MonkeyPatch) -> None:
    from csyspy.engine import clock

    monkeypatch.setenv("TZ", "UTC")
    clock.forget()
    names = ("evt.time", "evt.time.s", "evt.time.iso8601", "evt.datetime", "evt.datetime.s", "evt.rawtime.s", "evt.rawtime.ns")
    assert values(capture(*close()), *names)[0] == (
        "00:29:14.754370630", "00:29:14", "2026-11-21T00:29:14.754370630+0000", "2026-11-21 00:29:14.754370630", "2026-11-21 00:29:14",
        1_795_220_954, 754_370_630,
    )
    monkeypatch.setenv("TZ", "Asia/Kolkata")
    clock.forget()
    assert value(capture(*close()), "evt.datetime.s") == "2026-11-21 05:59:14"
    monkeypatch.undo()
    clock.forget()


def test_spans() -> None:
    names = ("evt.latency", "evt.latency.human", "evt.reltime", "evt.deltatime")
    assert values(capture(*close()), *names) == [(0, "0ns", 0, 0), (2_760, "2.76us", 2_760, 2_760)]


@pytest.mark.parametrize(
    ("ns", "text"),
    [(870, "870ns"), (20_200, "20us"), (5_337_220, "5.33ms"), (127_252_240, "127ms"), (2_082_029_820, "2.08s"), (200 * 10**9, "3:20"),
     (3_723 * 10**9, "01:02:03")],
)
def test_human_spans(ns: int, text: str) -> None:
    events = simple("CLOSE_E", 10, i64(3), ts=TS), simple("CLOSE_X", 10, i64(0), ts=TS + ns)
    assert value(capture(*events), "evt.latency.human") == text


def test_kind() -> None:
    names = ("evt.type", "syscall.type", "evt.dir", "evt.cpu", "evt.category", "evt.is_io", "evt.io_dir", "evt.is_wait", "evt.source")
    read = simple("READ_E", 10, i64(3), u32(9), cpu=3)
    assert values(capture(read), *names) == [("read", "read", ">", 3, "unknown", True, "read", False, "syscall")]
    switch = simple("SCHEDSWITCH_6_E", 10, i64(1), i64(0), i64(0), u32(0), u32(0), u32(0))
    assert values(capture(switch), *names)[0][:2] == ("switch", None)


@pytest.mark.parametrize(
    ("code", "native", "old", "new"),
    [
        (298, 15, "sigreturn", "rt_sigreturn"),
        (0, 334, "<unknown>", "rseq"),
        (69, 61, "wait4", "wait4"),
        (9_999, 9_999, "<unknown>", "unknown"),
    ],
)
def test_generic_events_are_called_by_their_code(code: int, native: int, old: str, new: str) -> None:
    data = simple("GENERIC_E", 10, struct.pack("<H", code), struct.pack("<H", native))
    assert value(capture(data, processes=OLD), "evt.type") == old
    assert value(capture(data), "evt.type") == new


def test_results() -> None:
    names = ("evt.res", "evt.rawres", "evt.failed", "evt.count.error", "evt.count.error.file", "evt.count.error.other")
    failed = openat(-2, b"/x")
    assert values(capture(failed), *names) == [(None,) * 6, ("ENOENT", -2, True, 1, 1, None)]
    assert values(capture(*close()), *names)[1] == ("SUCCESS", 0, False, 0, None, 0)


def test_bytes_moved() -> None:
    names = ("evt.buflen", "evt.buflen.in", "evt.buflen.out", "evt.buflen.file", "evt.buflen.file.in", "evt.buflen.net")
    read = simple("READ_E", 10, i64(3), u32(9)), simple("READ_X", 10, i64(4), b"abcd")
    assert values(capture(openat(3, b"/x"), *read), *names)[-1] == (4, 4, None, 4, 4, None)


def test_how_a_file_was_opened() -> None:
    names = ("evt.is_open_read", "evt.is_open_write", "evt.is_open_create", "evt.is_open_exec")
    assert values(capture(openat(3, b"/x", flags=1)), *names)[-1] == (True, False, False, False)
    assert values(capture(openat(3, b"/x", flags=2 | 4 | 1 << 14)), *names)[-1][1:3] == (True, True)


def test_absolute_paths() -> None:
    rename = simple("RENAMEAT2_X", 10, i64(0), i64(-100), b"a\0", i64(9), b"b\0", u32(0))
    names = ("evt.abspath", "evt.abspath.src", "evt.abspath.dst")
    assert values(capture(rename), *names) == [("/tmp/a", "/tmp/a", "<UNKNOWN>/b")]
    assert value(capture(*close()), "evt.abspath") is None


def test_parameters_by_name_and_number() -> None:
    kill = simple("KILL_E", 10, i64(1), bytes([9]))
    names = ("evt.arg.pid", "evt.arg[1]", "evt.arg[2]", "evt.arg.name", "evt.rawarg.sig", "evt.rawarg.pid")
    assert values(capture(kill), *names) == [("init", "SIGKILL", None, None, 9, 1)]


def test_type_is() -> None:
    data = capture(*close())
    assert values(data, "evt.type.is.close", "evt.type.is.open", "evt.type.is.4") == [(1, 0, 1), (1, 0, 0)]


def test_async_events() -> None:
    told = simple("ASYNCEVENT_E", 10, u32(0), b"told\0", b"{}\0")
    assert values(capture(*close(), told), "evt.type", "evt.asynctype", "evt.is_async")[-1] == ("told", "told", True)
    assert values(capture(*close()), "evt.asynctype", "evt.is_async")[0] == (None, False)


def log(message: bytes, result: int = 5) -> bytes:
    write = simple("WRITE_E", 10, i64(3), u32(9)) + simple("WRITE_X", 10, i64(result), message)
    return openat(3, b"/dev/log") + write


def test_messages_to_the_system_log() -> None:
    names = ("syslog.message", "syslog.facility", "syslog.facility.str", "syslog.severity", "syslog.severity.str")
    names += ("evt.is_syslog", "evt.info")
    assert values(capture(log(b"<13>hello")), *names)[-1] == ("hello", 1, "user", 5, "notice", True, "syslog sev=notice msg=hello")
    assert values(capture(log(b"<191>x")), *names)[-1][1:5] == (23, "local7", 7, "debug")
    assert values(capture(log(b"<999>x")), "syslog.facility", "syslog.facility.str")[-1] == (124, "<NA>")


@pytest.mark.parametrize("message", [b"", b"<", b"<>x", b"<13", b"<1a>x", b"<" + b"9" * 30 + b">x"])
def test_other_writes_to_the_system_log(message: bytes) -> None:
    assert values(capture(log(message)), "syslog.message", "evt.is_syslog")[-1] == (None, True)


def test_docker_events_of_old_captures() -> None:
    description = b"Event: start; ID: 3ad7b26ded6d8e7b; Image: a/b@sha256:1; name: web\0"
    told = simple("INFRASTRUCTURE_EVENT_E", 10, b"docker\0", b"n\0", description, b"\0")
    names = tuple(f"evt.infra.docker.{name}" for name in ("name", "container.id", "container.image", "container.name"))
    assert values(capture(told), *names)[-1] == ("start", "3ad7b26ded6d", "a/b", "web")


def test_counter() -> None:
    assert values(capture(*close()), "util.cnt", "evt.count", "evt.count.exit") == [(1, 1, None), (2, 1, 1)]
