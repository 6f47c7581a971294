"""The chisels that come with csyspy: one a module by its name, and those that are a table together in `tables`."""
