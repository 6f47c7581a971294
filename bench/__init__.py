"""What csyspy costs next to sysdig, measured in the same run on the same captures."""
