"""File names joined and cleaned as libsinsp does it."""

import pytest

from csyspy.engine.path import joined, old_style_joined


@pytest.mark.parametrize(
    ("base", "path", "expected"),
    [
        (b"/home/", b"a.txt", b"/home/a.txt"),
        (b"/home/", b"/etc/passwd", b"/etc/passwd"),
        (b"/home/user/", b"../x", b"/home/x"),
        (b"/home/", b"../../../x", b"/x"),
        (b"/home/", b"..", b"/"),
        (b"/home/", b".", b"/home"),
        (b"/home/", b"./a/./b", b"/home/a/b"),
        (b"/home/", b"a//b///c/", b"/home/a/b/c"),
        (b"/", b".hidden", b"/.hidden"),
        (b"/", b"..hidden", b"/..hidden"),
        (b"/", b"a\x01\xc3", b"/a.."),
        (b"", b"", b""),
        (b"/home/", b"", b""),
        (b"", b"a/../b", b"b"),
        (b"", b"a/..", b""),
        (b"", b"/", b"/"),
        (b"/x/", b"a\0b", b"/x/a"),
        (b"/x/", b"a" * 1021, b"/DIR_TOO_LONG/FILENAME_TOO_LONG"),
    ],
)
def test_join(base: bytes, path: bytes, expected: bytes) -> None:
    assert joined(base, path) == expected


@pytest.mark.parametrize(
    ("base", "path", "expected"),
    [
        (b"/home/", b"a.txt", b"/home/a.txt"),
        (b"/home/", b"a./b", b"/home/ab"),
        (b"/home/", b"notes.", b"/home/notes"),
        (b"/home/", b"a..", b"/home"),
        (b"/home/", b"x..y", b"/home/x..y"),
        (b"/home/", b"...", b"/home/.."),
        (b"/home/", b"../../../x", b"/x"),
        (b"<UNKNOWN>", b"..", b""),
        (b"<UNKNOWN>", b"../x", b"x"),
        (b"", b"./x/", b"x"),
        (b"//", b"x", b"//x"),
        (b"/x/", b"a\0b", b"/x/a"),
        (b"/x/", b"a" * 2000, b"/x/" + b"a" * 2000),
    ],
)
def test_join_of_0_29_3(base: bytes, path: bytes, expected: bytes) -> None:
    assert old_style_joined(base, path) == expected
