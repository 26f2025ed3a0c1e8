"""What was measured, as text tables, Markdown and plots.

Plots are written as SVG by hand: bars and lines need no library.
"""

import datetime
import math
import os
import platform
import re
import subprocess
import textwrap
from html import escape


class Table:
    """Rows under headings; the first column is text, the others are right-aligned."""

    def __init__(self, title, headings, notes):
        self.title = title
        self.headings = headings
        self.rows = []
        self.notes = notes

    def add(self, *cells):
        assert len(cells) == len(self.headings)
        self.rows.append([str(cell) for cell in cells])

    def _widths(self):
        return [max(3, *map(len, column)) for column in zip(self.headings, *self.rows)]

    def _line(self, cells, widths, between):
        first, *others = (
            cell.rjust(width) if i else cell.ljust(width)
            for i, (cell, width) in enumerate(zip(cells, widths))
        )
        return between.join([first, *others])

    def text(self):
        widths = self._widths()
        lines = [self.title, ""]
        lines += [self._line(cells, widths, "  ") for cells in [self.headings, *self.rows]]
        lines += ["", textwrap.fill(self.notes, 100)]
        return "\n".join(lines) + "\n"

    def markdown(self):
        widths = self._widths()
        rule = ["-" * (width - 1) + (":" if i else "-") for i, width in enumerate(widths)]
        rows = [self._line(cells, widths, " | ") for cells in (self.headings, rule, *self.rows)]
        lines = [f"## {self.title}", "", *(f"| {row} |" for row in rows), "", self.notes]
        return "\n".join(lines) + "\n"


def seconds(value):
    """A time in the unit people would say it in."""
    for unit, size in (("s", 1), ("ms", 1e-3), ("µs", 1e-6)):
        if value >= size:
            break
    value /= size
    digits = max(0, 2 - math.floor(math.log10(value))) if value > 0 else 0
    return f"{value:.{digits}f} {unit}"


def times(value):
    """A ratio, to two or three digits."""
    return f"{value:.{2 if value < 2 else 1 if value < 100 else 0}f}"


def _first(pattern, path):
    try:
        with open(path, encoding="utf-8") as file:
            found = re.search(pattern, file.read(), re.MULTILINE)
    except OSError:
        return None
    return found and found[1].strip()


def _compiler(library_path):
    """The compiler that made the library, as it wrote into the file itself."""
    done = subprocess.run(
        ["readelf", "-p", ".comment", library_path], capture_output=True, text=True, check=False
    )
    found = re.search(r"\]\s+(.*)", done.stdout)
    return found[1].strip() if found else "unknown"


def verdict(good):
    return "reached" if good else "missed"


def library_facts(path, version):
    """Facts about the library that was measured, not its path."""
    return [("Brinery", f"{version}, compiled by {_compiler(path)}")]


def machine():
    """Facts about where this was measured, none of them a name or a path."""
    cpu = _first(r"^model name\s*:\s*(.*)$", "/proc/cpuinfo") or platform.machine()
    pages = _first(r"\[(\w+)\]", "/sys/kernel/mm/transparent_hugepage/enabled") or "unknown"
    return [
        ("Processor", f"{cpu}, {os.cpu_count()} cores"),
        ("System", f"{platform.system()} {platform.release()}, {platform.machine()}"),
        ("C library", " ".join(platform.libc_ver())),
        ("Huge pages", pages),
        ("Date", datetime.date.today().isoformat()),
    ]


# ----------------------------------------------------------------------------
# SVG
# ----------------------------------------------------------------------------

_STYLE = """
text { font: 12px system-ui, sans-serif; fill: #24292f }
.title { font-size: 15px; font-weight: 600 }
.faint { fill: #6e7781 }
.grid { stroke: #d0d7de; stroke-width: 1 }
.unit { stroke: #24292f; stroke-width: 1.5 }
.goal { stroke: #cf222e; stroke-width: 2 }
"""
_BLUES = ("#0969da", "#80b3f0")
_LINES = ("#0969da", "#cf222e", "#1a7f37", "#9a6700", "#8250df", "#57606a")


def _svg(width, height, parts):
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}"'
        f' width="{width}" height="{height}" role="img">\n<style>{_STYLE}</style>\n'
        f'<rect width="{width}" height="{height}" fill="#ffffff"/>\n'
        + "\n".join(parts)
        + "\n</svg>\n"
    )


def _text(x, y, text, kind="", anchor="start"):
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" class="{kind}" text-anchor="{anchor}">'
        f"{escape(text)}</text>"
    )


def _line(x1, y1, x2, y2, kind):
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" class="{kind}"/>'


def _ticks(most, logarithmic):
    if logarithmic:
        return [t for power in range(4) for t in (10**power, 2 * 10**power, 5 * 10**power)
                if t <= most]
    step = next(s for s in (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000) if most / s <= 9)
    return range(0, int(most) + 1, step)


def bars(title, legend, rows, logarithmic=False):
    """A plot of ratios.

    rows         (label, [a ratio per entry of the legend], [its goal or None])
    logarithmic  for ratios between which lie orders of magnitude; begins below 1
    """
    left, right, top, bar, gap = 230, 60, 64, 13, 14
    width = 760
    height = top + len(rows) * (len(legend) * bar + gap) + 40
    numbers = [value for _, values, goals in rows for value in [*values, *goals] if value]
    most = max(numbers)
    least = math.log(0.8 * min(1, *numbers)) if logarithmic else 0
    span = (math.log(most) if logarithmic else most) - least

    def place(value):
        value = math.log(value) if logarithmic else value
        return left + (value - least) / span * (width - left - right)

    bottom = height - 32
    parts = [_text(16, 26, title, "title")]
    x = left
    for name, color in zip(legend, _BLUES):
        parts.append(f'<rect x="{x}" y="38" width="12" height="12" fill="{color}"/>')
        parts.append(_text(x + 17, 48, name))
        x += 30 + 7 * len(name)
    if any(goal for _, _, goals in rows for goal in goals):
        parts.append(_line(x + 2, 37, x + 2, 51, "goal"))
        parts.append(_text(x + 10, 48, "goal"))
    for tick in _ticks(most, logarithmic):
        at = place(tick)
        parts.append(_line(at, top - 4, at, bottom, "grid"))
        parts.append(_text(at, bottom + 16, str(tick), "faint", "middle"))
    y = top
    for label, values, goals in rows:
        middle = y + len(values) * bar / 2 + 4
        parts.append(_text(left - 8, middle, label, anchor="end"))
        for i, (value, goal) in enumerate(zip(values, goals)):
            at = y + i * bar
            parts.append(
                f'<rect x="{left}" y="{at}" width="{place(value) - left:.1f}"'
                f' height="{bar - 1}" fill="{_BLUES[i]}"/>'
            )
            parts.append(_text(place(value) + 5, at + 10, times(value)))
            if goal:
                parts.append(_line(place(goal), at - 2, place(goal), at + bar + 1, "goal"))
        y += len(values) * bar + gap
    parts.append(_line(place(1), top - 4, place(1), bottom, "unit"))
    return _svg(width, height, parts)


def curves(title, label, series):
    """A log-log plot.  series: (name, [(n, value), ...])."""
    left, right, top, plot, width = 70, 190, 62, 300, 760
    points = [point for _, row in series for point in row]
    x_low, x_high = (f(math.log10(n) for n, _ in points) for f in (min, max))
    y_low = math.floor(min(math.log10(value) for _, value in points))
    y_high = math.ceil(max(math.log10(value) for _, value in points))
    y_high = max(y_high, y_low + 1)

    def place(n, value):
        return (
            left + (math.log10(n) - x_low) / (x_high - x_low) * (width - left - right),
            top + plot - (math.log10(value) - y_low) / (y_high - y_low) * plot,
        )

    parts = [_text(16, 26, title, "title"), _text(16, 44, label, "faint")]
    for power in range(y_low, y_high + 1):
        _, y = place(10**x_low, 10.0**power)
        parts.append(_line(left, y, width - right, y, "grid"))
        parts.append(_text(left - 8, y + 4, f"{10.0**power:g}", "faint", "end"))
    for power in range(math.ceil(x_low), math.floor(x_high) + 1):
        x, _ = place(10**power, 10.0**y_low)
        parts.append(_line(x, top, x, top + plot, "grid"))
        parts.append(_text(x, top + plot + 18, f"{10**power:,}", "faint", "middle"))
    # Names stand at the ends of their lines, moved apart where lines meet.
    ends = sorted((place(*row[-1])[1], i) for i, (_, row) in enumerate(series))
    names = {}
    floor = top
    for y, i in ends:
        floor = max(floor, y)
        names[i] = floor
        floor += 15
    for i, (name, row) in enumerate(series):
        color = _LINES[i % len(_LINES)]
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in (place(*point) for point in row))
        parts.append(f'<polyline points="{path}" fill="none" stroke="{color}" stroke-width="2"/>')
        parts.append(
            f'<text x="{width - right + 8}" y="{names[i] + 4:.1f}" style="fill: {color}">'
            f"{escape(name)}</text>"
        )
    return _svg(width, top + plot + 36, parts)
