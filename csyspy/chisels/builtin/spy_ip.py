"""spy_ip: the data exchanged with an address."""

from csyspy.chisels.api import Argument
from csyspy.chisels.builtin._exchange import ExchangeChisel
from csyspy.chisels.builtin._payload import DISABLE_COLORS


class SpyIp(ExchangeChisel):
    """Payloads of connections that have the address at one end."""

    name = "spy_ip"
    short_description = "Show the data exchanged with an IP address"
    description = "The payloads that go to and come from an IP address, reads in red, writes in blue. -x, -X and -A say how they are shown."
    args = (Argument("host_ip", "The address at the other end", "ipv4"), DISABLE_COLORS)

    def on_set_arg(self, name: str, value: str) -> None:
        if name == "host_ip":
            self.filter = f"evt.is_io=true and (fd.type=ipv4 or fd.type=ipv6) and fd.ip={value}"
        else:
            super().on_set_arg(name, value)
