"""httplog: a line for each HTTP request that was answered."""

from typing import Any

from csyspy.chisels.builtin._http import HttpChisel, Transaction
from csyspy.chisels.layout import scalar, whole


class HttpLog(HttpChisel):
    """When, which way, method, URL, code, latency and size of HTTP requests."""

    name = "httplog"
    short_description = "Log of HTTP requests"
    description = (
        "A line for each HTTP request that is answered on the same descriptor: time, direction (> the process asks, < "
        "it is asked), method, "
        "URL, response code, latency and size. Both sides of a connection are seen where both are on this machine."
    )

    def on_transaction(self, event: Any, transaction: Transaction) -> None:
        container = f" {transaction.container} " if self.context.container_data else " "
        latency = whole((transaction.answered_ns - transaction.asked_ns) / 1_000_000)
        self.print(
            f"{scalar(event['datetime'])}{container}{transaction.direction} method={transaction.method} url={transaction.url} "
            f"response_code={whole(transaction.code)} latency={latency}ms size={whole(transaction.length)}B"
        )
