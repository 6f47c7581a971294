"""The event table: what every event id of the scap encoding is called and carries.

`EVENT_TABLE` is the parsed `events.json`: events with their parameters, parameter types, flag tables, errno and
signal names, syscall codes (facts from libs: driver/event_table.c, driver/flags_table.c,
driver/dynamic_params_table.c, driver/ppm_events_public.h).
"""

import json
import os
from typing import Any

with open(os.path.join(os.path.dirname(__file__), "events.json"), "rb") as _file:  # importlib.resources costs 8 ms of start-up
    EVENT_TABLE: dict[str, Any] = json.load(_file)

EVENT_IDS: dict[str, int] = {  # `OPENAT_2_X` -> 307: the names of libs without PPME_, SYSCALL_ and SOCKET_
    event["enum"].removeprefix("PPME_").removeprefix("SYSCALL_").removeprefix("SOCKET_"): event["id"] for event in EVENT_TABLE["events"]
}
