"""argv to Command: sysdig's syntax, and what is refused."""

import pytest

from csyspy.cli.command import Command, parse, unescape
from csyspy.cli.options import DROP, OPTIONS, READY_FORMATS
from csyspy.errors import UsageError


def understood(*argv: str) -> Command:
    return parse(argv, lambda name, words: name == "wants_one")


def test_words_behind_the_options_are_one_filter_wherever_options_stand() -> None:
    command = understood("-r", "a.scap", "proc.name=cat", "and", "-n5", "evt.type=open", "-q")
    assert command.filter == "proc.name=cat and evt.type=open"
    assert (command.files, command.count, command.quiet) == (["a.scap"], 5, True)


@pytest.mark.parametrize(
    ("argument", "name"), [("-pc", "c"), ("-pk", "k"), ("-pm", "m"), ("--print=container", "c"), ("-pkubernetes", "k")]
)
def test_ready_made_formats_show_containers(argument: str, name: str) -> None:
    command = understood(argument)
    assert command.format == READY_FORMATS[name]
    assert command.container_data


def test_a_format_may_look_like_an_option_or_hold_an_equals_sign() -> None:
    assert understood("-p", "-x %evt.num").format == "-x %evt.num"
    assert understood("-p=%evt.num").format == "=%evt.num"


@pytest.mark.parametrize("argv", [("-pp",), ("-p",), ("--print",), ("-r", "f", "-p")])
def test_the_default_format_can_be_asked_for(argv: tuple[str, ...]) -> None:
    assert understood(*argv).show_format


def test_switches_run_together() -> None:
    command = understood("-lv")
    assert command.list_fields
    assert command.verbose
    assert understood("-cl").list_chisels


def test_v_with_a_word_is_a_view_and_without_one_verbose() -> None:
    assert understood("-v", "procs").view == "procs"
    assert not understood("-v", "procs").verbose
    for filter_text in ("evt.num=1", "not", "(evt.num=1)"):
        command = understood("-v", filter_text)
        assert command.verbose
        assert (command.view, command.filter) == ("", filter_text)
    assert understood("-v", "-r", "f").verbose


def test_chisels_take_their_word_and_leave_the_filter() -> None:
    command = understood("-r", "f", "-c", "wants_one", "its word", "-c", "other", "evt.num=1")
    assert command.chisels == [("wants_one", "its word"), ("other", None)]
    assert command.filter == "evt.num=1"


def test_double_dash_ends_the_options() -> None:
    assert understood("-q", "--", "-n", "x").filter == "-n x"


def test_long_names_may_be_shortened() -> None:
    assert understood("--numev", "3").count == 3
    assert understood("--readfile=x").files == ["x"]


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        (("-Z",), "unknown option -Z"),
        (("--lst",), "unknown option --lst"),
        (("-n", "none"), "-n wants a whole number from 1 up, not 'none'"),
        (("-n", "0"), "-n wants a whole number from 1 up, not '0'"),
        (("-n", "9" * 30), f"-n wants a whole number from 1 to {2**63 - 1}, not '{'9' * 30}'"),
        (("-M", "2000000000"), "-M wants a whole number from 1 to 1000000000, not '2000000000'"),
        (("--buf-size-preset", "11"), "--buf-size-preset wants a whole number from 1 to 10, not '11'"),
        (("-i", ""), "option -i wants a value: -i NAME"),
        (("-t", "q"), "unknown time type 'q' for -t"),
        (("-A", "-x"), "more than one of -A -b -x -X"),
        (("-r",), "option -r wants a value: -r FILE"),
        (("--quiet=1",), "option --quiet takes no value"),
        (("docter",), "unknown command docter"),
        (("--print-h",), "option --print-h is short for more than one: --print-hex, --print-hex-ascii"),
    ],
)
def test_what_is_wrong_is_said(argv: tuple[str, ...], message: str) -> None:
    with pytest.raises(UsageError) as caught:
        understood(*argv)
    assert caught.value.message == message


@pytest.mark.parametrize("option", [option for option in OPTIONS if option.verdict == DROP], ids=lambda option: str(option.names))
def test_options_that_are_gone_are_answered(option: object) -> None:
    assert hasattr(option, "letter")
    spellings = (["-" + option.letter] if option.letter else []) + ["--" + name for name in option.names]
    for spelling in spellings:
        with pytest.raises(UsageError) as caught:
            understood(spelling, *(["value"] if option.metavar else []))
        assert caught.value.message == f"option {spelling} is sysdig's and does not exist here: {option.help}"


@pytest.mark.parametrize("word", ["-B/usr/probe.o", "--bpf=probe.o"])
def test_a_probe_is_refused_in_each_spelling(word: str) -> None:
    with pytest.raises(UsageError, match="bcc"):
        understood(word)


def test_every_option_sets_something_and_says_what() -> None:
    letters = [option.letter for option in OPTIONS if option.letter]
    names = [name for option in OPTIONS for name in option.names]
    assert len(letters) == len(set(letters))
    assert len(names) == len(set(names))
    for option in OPTIONS:
        assert option.help
        assert option.verdict == DROP or hasattr(Command(), option.dest)


def test_escapes_of_formats() -> None:
    assert unescape(r"a\nb\tc\e[0m\\d\q") == "a\nb\tc\x1b[0m\\d\\q"
