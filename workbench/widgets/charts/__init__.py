"""CHARTS: pictures drawn as inline SVG: offline, printable, in the colours of the page, each with its words and its table.

Every function returns ``Html`` to be shown by ``look.show``; every text in it is escaped. A picture is an image to a screen reader, with
a title and a description, and a table of the same figures stands behind it.
"""

from .bars import Bar, bars
from .columns import Column, columns
from .curve import curve
from .flow import FlowColumn, Ribbon, flow_picture
from .timeline import Mark, Span, timeline

__all__ = [
    "Bar", "Column", "FlowColumn", "Mark", "Ribbon", "Span", "bars", "columns", "curve", "flow_picture", "timeline",
]  # fmt: skip
