"""Sources and sinks of event batches: captures read and written, /proc."""

from csyspy.capture.source import Source, open_source

__all__ = ["Source", "open_source"]
