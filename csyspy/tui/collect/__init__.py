"""What screens gather from a walk over events: each collector brings its sinks, and has its result at any time."""
