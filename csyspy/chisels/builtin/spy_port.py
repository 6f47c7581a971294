"""spy_port: the data exchanged over a port."""

from csyspy.chisels.api import Argument
from csyspy.chisels.builtin._exchange import ExchangeChisel
from csyspy.chisels.builtin._payload import DISABLE_COLORS


class SpyPort(ExchangeChisel):
    """Payloads of connections that have the port at one end."""

    name = "spy_port"
    short_description = "Show the data exchanged over an IP port"
    description = "The payloads of connections from or to a port, reads in red, writes in blue. -x, -X and -A say how they are shown."
    args = (Argument("host_port", "The port", "int"), DISABLE_COLORS)

    def on_set_arg(self, name: str, value: str) -> None:
        if name == "host_port":
            self.filter = f"evt.is_io=true and (fd.type=ipv4 or fd.type=ipv6) and fd.port={value}"
        else:
            super().on_set_arg(name, value)
