"""The error that field names, field expressions and output formats raise."""


class FieldError(ValueError):
    """What is wrong, where, and how to put it right.

    `position` and `end` are character offsets into the text that was read (`end` is behind the last character of the
    offending token); `hint` is a sentence for the user, empty where there is nothing to say. `unknown`: a field or an event type
    of this name does not exist (here).
    """

    def __init__(self, message: str, position: int = 0, end: int = 0, hint: str = "", unknown: bool = False) -> None:
        super().__init__(message)
        self.message = message
        self.position = position
        self.end = max(end, position + 1)
        self.hint = hint
        self.unknown = unknown
        self.text = ""

    def render(self) -> str:
        """The message with the line it is about and a caret under the token; several lines, no newline at the end."""
        if not self.text:
            return "\n".join(filter(None, (self.message, self.hint)))
        start = max(self.text.rfind("\n", 0, self.position), self.text.rfind("\r", 0, self.position)) + 1
        stop = min((at for at in (self.text.find("\n", start), self.text.find("\r", start)) if at >= 0), default=len(self.text))
        line = self.text[start:stop].replace("\t", " ")
        column = min(self.position, stop) - start
        width = max(1, min(self.end, stop) - start - column)
        row = self.text.count("\n", 0, start) + 1
        where = f"line {row} column {column + 1}" if row > 1 or stop < len(self.text) else f"column {column + 1}"
        lines = [f"{self.message} ({where})", f"  {line}", f"  {' ' * column}{'^' * width}"]
        if self.hint:
            lines.append(self.hint)
        return "\n".join(lines)
