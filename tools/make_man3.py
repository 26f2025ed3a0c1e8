#!/usr/bin/python3
"""Write brinery.3, the manual page of the library, from its header and its list of errors.

    /usr/bin/python3 tools/make_man3.py > brinery.3

The header is the manual; this only gives it the shape that man(1) shows, so nothing is said
twice.  The date is that of brinery.1: both pages describe one release.

The script knows C only as far as the header uses it, and these are its rules.  Sections begin at
banners.  A comment above declarations, with no blank line between, is about all of them up to the
next blank line, except those with a comment of their own behind them; in a struct it is about
the next member, in an enum a title for the values that follow.  In a comment, lines
indented by four are code, lines indented by two a list of "tag  text" (a text that ends in a comma
goes on behind the next tag), and a sentence ends with two blanks.  What does not fit is
an error, never left out.
"""

import pathlib
import re
import sys
import textwrap

ROOT = pathlib.Path(__file__).resolve().parent.parent
HEADER = ROOT / "include" / "brinery.h"
ERRORS = ROOT / "src" / "errors.def"
DATED = ROOT / "cli" / "man" / "brinery.1"

BANNER = re.compile(r"/\* -{60,}\n \* (?P<title>[^\n]+)\n \* -{60,} \*/\n")
COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
FUNCTION = re.compile(r"BRN_API (?P<type>.*?)(?P<name>brn_\w+)\((?P<parameters>.*)\);", re.DOTALL)
RECORD = re.compile(r"(?P<head>typedef (?:struct|enum) \w+) \{\n(?P<body>.*)\n\} \w+;", re.DOTALL)
MACRO = re.compile(r"#define (?P<name>BRN_\w+)(?P<value>.*)", re.DOTALL)
# What is marked in running text: a function, a constant, a parameter.
MARKED = re.compile(
    r"(?P<open>\(?)"
    r"(?:(?P<function>brn_\w+)\(\)|(?P<constant>BRN_[A-Z0-9_]+)|`(?P<argument>\w+)`)"
    r"(?P<close>[).,;:]*)"
)
WIDEST_TAG = 26
CODE_COLUMNS = 72


# ----------------------------------------------------------------------------
# The header
# ----------------------------------------------------------------------------


def fail(message, text=""):
    sys.exit(f"make_man3.py: {message}" + (f":\n{text}" if text else ""))


def comment_lines(comment):
    """The lines of a comment without what makes it one; inner indentation stays."""
    inner = comment[2:-2]
    if "\n" not in inner:
        return [inner.strip()]
    lines = [re.sub(r"^ \* ?", "", line).rstrip() for line in inner.split("\n")]
    return lines[1:-1] if not lines[0] and not lines[-1].strip() else fail("a comment", comment)


def one_line(text):
    return " ".join(text.split())


def outside_comments(text):
    return COMMENT.sub("", text)


def declarations(block):
    """[code, comment before it, comment behind it] of what stands in one block."""
    found = []
    before = None
    at = 0
    while at < len(block):
        if block[at].isspace():
            at += 1
            continue
        comment = COMMENT.match(block, at)
        if comment:
            if before is not None:
                fail("two comments follow each other", block)
            before = comment_lines(comment.group())
            at = comment.end()
            continue
        end = end_of_declaration(block, at)
        code = block[at:end]
        behind = re.compile(r"[ ]*(/\*.*?\*/)", re.DOTALL).match(block, end)
        found.append((code, before, comment_lines(behind.group(1)) if behind else None))
        before = None
        at = behind.end() if behind else end
    if before is not None:
        fail("a comment that is about nothing", block)
    return found


def end_of_declaration(text, at):
    """Where the declaration or macro at `at` ends; a comment behind it does not belong to it."""
    if text[at] == "#":
        macro = re.compile(r"(?:.*\\\n)*.*").match(text, at).group()
        return at + len(macro.partition("/*")[0].rstrip())
    depth = 0
    while at < len(text):
        comment = COMMENT.match(text, at)
        if comment:
            at = comment.end()
            continue
        depth += {"{": 1, "}": -1}.get(text[at], 0)
        at += 1
        if depth == 0 and text[at - 1] == ";":
            return at
    return fail("a declaration without its end", text)


def blocks(section):
    """The parts of a section that blank lines separate, those inside braces and comments aside."""
    block = []
    for line in section.split("\n"):
        text = "\n".join(block)
        open_comment = text.rfind("/*") > text.rfind("*/")
        code = outside_comments(text)
        if line or open_comment or code.count("{") > code.count("}"):
            block.append(line)
        elif block:
            yield text
            block = []
    if block:
        yield "\n".join(block)


class Item:
    """Declarations and the comment that is about all of them."""

    def __init__(self, codes, comment):
        self.codes = codes
        self.comment = comment


def items_of(section):
    found = []
    for block in blocks(section):
        group = None
        for code, before, behind in declarations(block):
            if group and before is None and behind is None:
                group.codes.append(code)
                continue
            if before is not None and behind is not None:
                fail("a comment before and one behind", code)
            found.append(Item([code], before or behind))
            if behind is None:
                group = found[-1]
    return found


def read_header(text):
    """The comment at the beginning, and (title, items) of each section."""
    opening = COMMENT.match(text)
    if not opening:
        fail("the header does not begin with a comment")
    parts = BANNER.split(text[: text.rindex("#ifdef __cplusplus")])
    sections = list(zip(parts[1::2], parts[2::2]))
    found = [(title, items_of(section)) for title, section in sections]
    expected = set(re.findall(r"\b(brn_\w+)\(", outside_comments("".join(parts[2::2]))))
    shown = {function(code)[1] for _, items in found for i in items for code in i.codes
             if FUNCTION.fullmatch(code)}
    if expected != shown:
        fail(f"functions that were not understood: {sorted(expected ^ shown)}")
    return comment_lines(opening.group()), found


def function(code):
    """(type, name, parameters) of a function's declaration."""
    match = FUNCTION.fullmatch(code)
    parameters = [one_line(one) for one in match.group("parameters").split(",")]
    return one_line(match.group("type")), match.group("name"), parameters


def enum_values(body):
    """(title, [(name, number, comment), ...]) of an enum's body."""
    groups = [(None, [])]
    for match in re.finditer(
        r"^ *(?:(?P<title>/\*.*?\*/)|(?P<name>\w+) = (?P<number>\d+),?[ ]*(?P<comment>/\*.*?\*/)?)"
        r"[ ]*$|(?P<rest>\S[^\n]*)",
        body,
        re.MULTILINE | re.DOTALL,
    ):
        if match.group("rest"):
            fail("a value of an enum", match.group("rest"))
        if match.group("title"):
            groups.append((comment_lines(match.group("title")), []))
        else:
            comment = match.group("comment")
            groups[-1][1].append(
                (match.group("name"), int(match.group("number")),
                 comment_lines(comment) if comment else None)
            )
    return [group for group in groups if group[1]]


# ----------------------------------------------------------------------------
# mdoc
# ----------------------------------------------------------------------------


def escape(text):
    """Text as roff reads it, away from the beginning of a line."""
    return text.replace("\\", "\\e").replace("`", "\\(ga").replace("'", "\\(aq")


def code_line(text):
    text = escape(text).replace("-", "\\-").replace("^", "\\(ha").replace("~", "\\(ti")
    return "\\&" + text if text.startswith(".") else text


def argument(text):
    """One argument of a macro, whatever it holds."""
    return '"' + code_line(text).replace('"', "\\(dq") + '"'


def sentences(lines):
    """The sentences of a paragraph; two blanks, or the end of a line, end one."""
    for sentence in re.split(r"(?<=[.?!])(?:  +|\n(?=[A-Z0-9`*\"(]))", "\n".join(lines)):
        yield " ".join(sentence.split())


def running_text(lines):
    """A paragraph: a line for each sentence or more, and macros for what is marked."""
    out = []
    for sentence in sentences(lines):
        words = []

        def flush():
            if words:
                for line in textwrap.wrap(" ".join(words), 76, break_long_words=False,
                                          break_on_hyphens=False):
                    line = escape(line)
                    out.append("\\&" + line if line[0] in ".'" else line)
                words.clear()

        for word in sentence.split(" "):
            match = MARKED.fullmatch(word)
            if not match:
                words.append(word)
                continue
            flush()
            macro, name = next(
                (macro, match.group(kind))
                for macro, kind in (("Fn", "function"), ("Dv", "constant"), ("Fa", "argument"))
                if match.group(kind)
            )
            line = f"{macro} {name}"
            if match.group("open"):
                line = f"Pf ( {line}"
            out.append(" ".join(["." + line, *match.group("close")]))
        flush()
    return out


def display(lines):
    lines = textwrap.dedent("\n".join(lines)).split("\n")
    if max(map(len, lines)) > CODE_COLUMNS:
        fail("code wider than a page", "\n".join(lines))
    return [".Bd -literal", *map(code_line, lines), ".Ed"]


def tag_list(entries):
    """A list of (tag, its width, text), tag and text in mdoc."""
    width = min(max(width for _, width, _ in entries), WIDEST_TAG)
    out = [f".Bl -tag -width {width}n -compact"]
    for tag, _, text in entries:
        out += [f".It {tag}", *text]
    return [*out, ".El"]


def indented(lines):
    """The lines of a comment that are indented: a list, or code."""
    if lines[0].startswith("    "):
        return display(lines)
    entries = []
    for line in lines:
        row = re.fullmatch(r"  (?P<tag>\S.*?)(?: {2,}(?P<text>\S.*))?", line)
        if not row:
            entries[-1][1].append(line.strip())
        elif entries and entries[-1][1][-1:] and entries[-1][1][-1].endswith(","):
            entries[-1][0] += " " + row.group("tag")
            entries[-1][1].append(row.group("text"))
        else:
            entries.append([row.group("tag"), [row.group("text")] if row.group("text") else []])
    macro = "Sy" if all(re.fullmatch(r"\w+", tag) for tag, _ in entries) else "Li"
    return tag_list(
        [(f"{macro} {argument(tag)}", len(tag) + 2, running_text(text)) for tag, text in entries]
    )


def prose(lines, first=True):
    """A comment; `first` if nothing stands before it in its section or list item."""
    out = []
    group = []

    def end_group():
        nonlocal first
        if not group:
            return
        if group[0].startswith("  "):
            out.extend(indented(group))
        else:
            out.extend(running_text(group))
        first = False
        group.clear()

    gap = False
    for line in [*lines, ""]:
        if not line:
            end_group()
            gap = True
            continue
        if group and group[0].startswith("  ") != line.startswith("  "):
            end_group()
            gap = True
        if not group:
            # A literal display makes the gap before it by itself.
            if gap and not first and not line.startswith("    "):
                out.append(".Pp")
            gap = False
        group.append(line)
    return out


def members(body):
    """The members of a struct."""
    entries = []
    names = []
    for text, before, behind in declarations(body):
        comment = before or behind
        name = one_line(text).rstrip(";")
        entries.append((f"Vt {argument(name)}", len(name) + 2, prose(comment) if comment else []))
        names.append(name)
    return tag_list(entries) if any(text for *_, text in entries) else display(names)


def values(body):
    entries = []
    for title, group in enum_values(body):
        if title:
            fail("an enum with titles that is not in ERRORS", body)
        for name, number, comment in group:
            entries.append((f"Dv {name} No = {number}", len(f"{name} = {number}") + 2,
                            prose(comment) if comment else []))
    return tag_list(entries)


def head(text):
    """The tag of a declaration."""
    record = RECORD.fullmatch(text)
    macro = MACRO.fullmatch(text)
    if FUNCTION.fullmatch(text):
        kind, name, parameters = function(text)
        glue = ["Ns"] if kind.endswith("*") else []
        # Parameters are not broken.
        parameters = [argument(one).replace(" ", "\\ ") for one in parameters]
        return " ".join(["Ft", argument(kind), *glue, "Fn", name, *parameters])
    if macro:
        value = macro.group("value").strip()
        shown = f" Pq {argument(value)}" if value and "\n" not in value else ""
        return f"Dv {macro.group('name')}{shown}"
    return f"Vt {argument(record.group('head') if record else one_line(text).rstrip(';'))}"


def is_codes(text):
    """The enum whose values stand in ERRORS."""
    return text.startswith("typedef enum brn_code ")


def describe(item):
    """One item of a section."""
    out = []
    for text in item.codes:
        out.append(f".It {head(text)}")
    out += prose(item.comment) if item.comment else []
    for text in item.codes:
        record = RECORD.fullmatch(text)
        if not record:
            continue
        if is_codes(text):
            out += [".Pp", "The codes are listed in", ".Sx ERRORS ."]
            continue
        enum = " enum " in record.group("head")
        body = (values if enum else members)(record.group("body"))
        if item.comment and body[0].startswith(".Bl"):
            out.append(".Pp")
        out += body
    return out


def errors_table(header, errors):
    """All codes: the numbers of the header, the names and sentences of the list."""
    helps = dict(re.findall(r'^ERROR\((\w+), "([^"\\]*)"\)$', errors, re.MULTILINE))
    enum = next(match for match in map(RECORD.fullmatch, header) if match)
    out = []
    for title, group in enum_values(enum.group("body")):
        if title:
            out += [".Pp", *prose(title), ".Bl -column 100n BRN_ERROR_FRAME_STRADDLED -compact"]
            for name, number, _ in group:
                text = helps.pop(name[len("BRN_ERROR_"):], None)
                if text is None:
                    fail(f"{name} is not in errors.def")
                # The text on a line of its own: words like "An" are macros in the other.
                out += [f".It {number} Ta Dv {name} Ta", *running_text([text])]
            out.append(".El")
    if helps:
        fail(f"errors.def has what the header has not: {sorted(helps)}")
    return out


def page(header, errors, dated):
    opening, sections = read_header(header)
    version = re.search(r'^#define BRN_VERSION_STRING "(.*)"$', header, re.MULTILINE).group(1)
    date = re.search(r"^\.Dd .*$", dated, re.MULTILINE).group()
    title = re.fullmatch(r"brinery\.h - (.*)\.", opening[0]).group(1)
    codes = [text for _, items in sections for item in items for text in item.codes
             if is_codes(text)]
    out = [
        '.\\" Made by tools/make_man3.py from brinery.h and errors.def, not by hand.',
        date,
        ".Dt BRINERY 3",
        f".Os brinery {version}",
        ".Sh NAME",
        ".Nm brinery",
        f".Nd {title}",
        ".Sh LIBRARY",
        "The Brinery library",
        ".Pq libbrinery , Fl lbrinery",
        ".Sh SYNOPSIS",
        ".In brinery.h",
    ]
    for title, items in sections:
        functions = [text for item in items for text in item.codes if FUNCTION.fullmatch(text)]
        if functions:
            out.append(f".Ss {title}")
        for text in functions:
            kind, name, parameters = function(text)
            out += [f".Ft {argument(kind)}", " ".join([".Fn", name, *map(argument, parameters)])]
    out += [".Sh DESCRIPTION", *prose(opening[2:])]
    for title, items in sections:
        # Compact, so that declarations under one comment stand together.
        out += [f".Ss {title}", ".Bl -tag -width 4n -compact"]
        for number, item in enumerate(items):
            out += [".Pp"] if number > 0 else []
            out += describe(item)
        out.append(".El")
    out += [
        ".Sh ERRORS",
        ".Dv BRN_OK",
        "is 0.",
        "The other codes, and what",
        ".Fn brn_code_help",
        "says of them:",
        *errors_table(codes, errors),
        ".Sh SEE ALSO",
        ".Xr brinery 1",
    ]
    return "\n".join(out) + "\n"


def main():
    header, errors, dated = (path.read_text(encoding="utf-8") for path in (HEADER, ERRORS, DATED))
    sys.stdout.write(page(header, errors, dated))


if __name__ == "__main__":
    main()
