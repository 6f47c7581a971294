"""Alerts of a Falco that runs elsewhere: read from a growing file, standard input, a log of Kubernetes, or received by HTTP."""

from csyspy.rules.feeds.feed import Feed, FeedCounts

__all__ = ["Feed", "FeedCounts"]
