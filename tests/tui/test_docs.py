"""docs/screen.md says which keys there are."""

import subprocess
import sys
from pathlib import Path


def test_the_page_is_up_to_date(root: Path) -> None:
    command = [sys.executable, root / "tools" / "screen_doc.py", "--check"]
    result = subprocess.run(command, capture_output=True, text=True, cwd=root, check=False)
    assert result.returncode == 0, "python tools/screen_doc.py writes it anew"
