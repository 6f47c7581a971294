"""Mutated captures and filters through an AddressSanitizer build of the engine: ``make fuzz``."""
