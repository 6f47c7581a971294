"""How the kernel's own tables answer a view."""

from collections.abc import Container

from csyspy.capture.live.grouping import OPERATIONS
from csyspy.capture.live.plan import Condition, Needs, Plan, Wanted, plan
from csyspy.capture.live.probes import PROBE_SETS
from csyspy.views.demand import demand_of
from csyspy.views.view import View


def kernel_plan(view: View, filter_text: str = "", *, containers: bool = False, asked: Container[str] = ()) -> Plan | None:
    """The plan that fills the view, of what passes the filter; None where only events do. Raises FieldError where the filter is none.

    `asked`: fields of columns that are counted on request."""
    demand = demand_of(view, filter_text, containers=containers, asked=asked)
    if demand is None or any(value.is_counted and value.operation not in OPERATIONS for value in demand.values):
        return None
    conditions = tuple(Condition(part.text, part.fields, part.test) for part in demand.conditions)
    found = plan(Needs((demand.key,), tuple(Wanted(*value) for value in demand.values), conditions))
    return found if found is not None and PROBE_SETS.keys() >= set(found.probes) else None
