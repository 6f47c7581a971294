"""Lines of output: literals, widths, missing values, JSON."""

import json
import os
import struct
import tempfile

import pytest
from process_events import _Whole, capture, simple
from scap_builder import Process, i64

from csyspy.cli.compiled import compiled_filter, compiled_format
from csyspy.cli.options import DEFAULT_FORMAT
from csyspy.engine.sinks_text import TextSink
from csyspy.engine.state import State
from csyspy.engine.walk import Walker


def lines(text: str, *events: bytes, json_form: bool = False, filter_text: str = "", **options: object) -> list[str]:
    """What csyspy prints with the format `text` for process 10 and the events."""
    state = State()
    needs_more = state.configure(**options)
    with tempfile.TemporaryFile() as file:
        sink = TextSink(compiled_format(text, json=json_form), file.fileno(), False, compiled_filter(filter_text))
        state.needs = sink.needs | needs_more
        Walker(state, _Whole(capture(*events, processes=[Process(10, tail="old")]))).run([sink])
        file.seek(0)
        return file.read().decode().split("\n")[:-1]


CLOSE = simple("CLOSE_E", 10, i64(3), ts=1_500_000_000)
EXIT = simple("CLOSE_X", 10, i64(-9), ts=1_500_000_700, cpu=1)


def test_text_between_fields_is_copied() -> None:
    assert lines("<%evt.num>%evt.dir; %evt.type.", CLOSE, EXIT) == ["<1>>; close.", "<2><; close."]


def test_widths_fill_and_cut() -> None:
    assert lines("%6evt.type|%2evt.type|", CLOSE) == ["close |cl|"]


def test_missing_values_skip_the_line_or_stand_as_na() -> None:
    assert lines("%evt.num %evt.res", CLOSE, EXIT) == ["2 EBADF"]
    assert lines("*%evt.num %evt.res", CLOSE, EXIT) == ["1 <NA>", "2 EBADF"]
    assert lines("*%8evt.res|", CLOSE) == ["<NA>    |"]


def test_json_sorts_its_keys_and_types_its_values() -> None:
    row = lines("*%proc.name %evt.num %evt.res %evt.failed %evt.latency %evt.outputtime", EXIT, json_form=True)[0]
    assert row.startswith('{"evt.failed":true,"evt.latency":0,"evt.num":1,"evt.outputtime":1500000700,"evt.res":"EBADF","proc.name":"sh"}')
    assert lines("*%evt.num %evt.res", CLOSE, json_form=True) == ['{"evt.num":1,"evt.res":null}']
    assert lines("%evt.num %evt.res", CLOSE, json_form=True) == []


def test_json_is_valid_whatever_the_bytes() -> None:
    write = simple("CHDIR_X", 10, i64(-2), b'/a"b\\c\x07\xff\xc3\xa9\0')
    line = lines("%evt.rawarg.path", write, json_form=True)[0]
    assert line.isascii()
    assert json.loads(line) == {"evt.rawarg.path": '/a"b\\c\x07\ufffdé'}


@pytest.mark.parametrize(
    ("mode", "times"),
    [("a", ["1.500000000", "1.500000700"]), ("r", ["0.000000000", "0.000000700"]), ("D", ["0.000000000", "0.000000700"])],
)
def test_time_columns(mode: str, times: list[str]) -> None:
    assert lines("%evt.outputtime", CLOSE, EXIT, time_mode=mode) == times


def test_only_the_time_of_calls_takes_more_than_the_fields() -> None:
    """Live, to know how long calls take doubles what watching costs."""
    latency = 4
    assert not TextSink(compiled_format(DEFAULT_FORMAT, json=False), 1, False, None).needs & latency
    assert [mode for mode in "hardD" if State().configure(time_mode=mode) & latency] == ["d"]


def test_time_between_enter_and_exit() -> None:
    assert lines("%evt.outputtime", CLOSE, EXIT, time_mode="d") == ["0.000000000", "0.000000700"]


def test_a_page_fault_is_in_no_call() -> None:
    fault = simple("PAGE_FAULT_E", 10, bytes(8), bytes(8), bytes(4), ts=1_500_000_500)
    assert lines("%evt.outputtime", CLOSE, fault, EXIT, time_mode="d") == ["0.000000000", "0.000000000", "0.000000700"]


def test_time_counts_from_the_first_event_also_where_it_is_not_shown() -> None:
    container = simple("CONTAINER_JSON_E", 10, b"{}\0", ts=1_000_000_000)
    procinfo = simple("PROCINFO_E", 10, bytes(8), bytes(8), ts=1_400_000_000)
    assert lines("%evt.outputtime", container, procinfo, CLOSE, time_mode="r") == ["0.100000000"]


def test_options_that_do_not_exist() -> None:
    with pytest.raises(ValueError):
        State().configure(time_mode="x")
    with pytest.raises(ValueError):
        State().configure(buffer_format="rot13")


def test_a_filter_goes_before_the_line() -> None:
    assert lines("%evt.num", CLOSE, EXIT, filter_text="evt.dir=<") == ["2"]


def test_a_reader_that_went_away() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    state = State()
    sink = TextSink(compiled_format("%evt.num", json=False), writing, True)
    with pytest.raises(BrokenPipeError):
        Walker(state, _Whole(capture(CLOSE))).run([sink])
    os.close(writing)


def test_lines_come_out_in_order_across_flushes() -> None:
    events = [simple("CLOSE_E", 10, i64(3), ts=1_000 + i) for i in range(20_000)]
    assert lines("%evt.num", *events) == [str(n) for n in range(1, 20_001)]


def test_raw_parameters_have_their_own_type() -> None:
    connect = simple("CONNECT_X", 10, i64(-1), bytes([2, 1, 2, 3, 4]) + struct.pack("<H", 5) + bytes(6))
    assert lines("%evt.rawarg.res %evt.rawarg.tuple", connect)[0].startswith("-1 ")


def test_system_calls_of_old_captures_are_filtered_by_either_name() -> None:
    generic = simple("GENERIC_E", 10, struct.pack("<H", 298), struct.pack("<H", 15))
    assert lines("%evt.type", generic, filter_text="evt.type=rt_sigreturn") == ["sigreturn"]
    assert lines("%evt.type", generic, filter_text="evt.type in (read, sigreturn)") == ["sigreturn"]
    assert lines("%evt.type", generic, filter_text="evt.type!=sigreturn") == []
    unknown = simple("GENERIC_E", 10, struct.pack("<H", 0), struct.pack("<H", 334))
    assert lines("%evt.type", unknown, generic, filter_text="evt.type=<unknown>") == ["<unknown>"]
