"""The console that every command prints to: it shows texts of the data as they are, whatever they hold."""

from typing import Any

from rich.console import Console
from rich.text import Text

from barograph.printable import one_line


class DataConsole(Console):
    """A console without markup, emoji and anything that a terminal acts on; each text is one line."""

    def __init__(self, **options: Any) -> None:  # noqa: ANN401  # rich's own keywords
        super().__init__(markup=False, emoji=False, highlight=False, **options)

    def render_str(self, text: str, **options: Any) -> Text:  # noqa: ANN401  # rich's own keywords
        """`text` as rich prints it."""
        return super().render_str(one_line(text), **options)
