"""Extractors, one family a module; importing this package registers them all."""
