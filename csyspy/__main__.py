"""``python -m csyspy``: the same as the ``csyspy`` command."""

from csyspy.cli.main import main

raise SystemExit(main())
