"""Manual page, completions and help say the same; the page is well-formed."""

import pathlib
import re
import shutil
import subprocess

import command
import pytest

CLI = pathlib.Path(__file__).resolve().parents[2] / "cli"
COMMANDS = ["show", "get", "dis", "json", "stat", "ls", "convert", "from-json", "scan"]
OPTION = re.compile(r"--[a-z][a-z-]*")


def sections(name):
    """The options of a command by section of its help: own, common, limits."""
    found = {}
    for line in command.ok("help", name).decode().splitlines():
        if line.endswith(":") and not line.startswith(" "):
            found[line] = current = []
        elif line.startswith("  -") and found:
            current.append(re.search(r"--([a-z-]+)", line).group(1))
    return found


def options_of(name):
    return {option for options in sections(name).values() for option in options}


def test_help_has_sections():
    for name in COMMANDS:
        assert {"help", "pickle", "color", "max-memory"} <= options_of(name)
    assert "depth" in options_of("show") and "lossless" in options_of("json")


def test_manual_page_has_every_option():
    page = (CLI / "man" / "brinery.1").read_text()
    in_page = {match.group(1) for match in re.finditer(r"Fl (?:\w , )?-([a-z][a-z-]*)", page)}
    in_help = set().union(*map(options_of, COMMANDS)) | {"version"}
    assert in_page == in_help
    letters = {
        match.group(1)
        for name in COMMANDS
        for match in re.finditer(r"^  -([a-zA-Z]), --", command.ok("help", name).decode(), re.M)
    }
    in_page = {match.group(1) for match in re.finditer(r"^\.It Fl ([a-zA-Z]) , -", page, re.M)}
    assert in_page == letters


@pytest.mark.skipif(not shutil.which("mandoc"), reason="no mandoc")
def test_manual_page_is_well_formed():
    done = subprocess.run(
        ["mandoc", "-T", "lint", "-W", "style", CLI / "man" / "brinery.1"],
        capture_output=True, check=False,
    )
    complaints = [
        line for line in done.stdout.decode().splitlines()
        if "referenced manual not found" not in line and "outdated mandoc.db" not in line
    ]
    assert complaints == []
    text = subprocess.run(
        ["mandoc", "-T", "ascii", CLI / "man" / "brinery.1"], capture_output=True, check=True
    ).stdout
    assert b"EXIT STATUS" in re.sub(rb".\x08", b"", text)


def complete(*words, cwd=None):
    """What bash offers for the last of these words."""
    line = " ".join(words)
    script = f"""
source {CLI / "completions" / "brinery.bash"}
COMP_WORDS=({" ".join(f"'{word}'" for word in words)})
COMP_CWORD={len(words) - 1}
COMP_LINE='{line}'
COMP_POINT={len(line)}
_brinery
printf '%s\\n' "${{COMPREPLY[@]}}"
"""
    done = subprocess.run(["bash", "-c", script], capture_output=True, check=True, cwd=cwd)
    assert done.stderr == b""
    return set(done.stdout.decode().split())


def test_bash_completes_commands():
    assert complete("brinery", "") == {*COMMANDS, "help"}
    assert complete("brinery", "s") == {"show", "stat", "scan"}
    assert complete("brinery", "help", "") == set(COMMANDS)
    assert "--version" in complete("brinery", "--")


@pytest.mark.parametrize("name", COMMANDS)
def test_bash_completes_every_option(name):
    assert complete("brinery", name, "--") == {f"--{option}" for option in options_of(name)}


def test_bash_completes_values_and_files(tmp_path):
    assert complete("brinery", "show", "--color", "") == {"auto", "always", "never"}
    assert complete("brinery", "show", "--color", "=", "a") == {"auto", "always"}
    (tmp_path / "model.pkl").touch()
    assert complete("brinery", "show", "mod", cwd=tmp_path) == {"model.pkl"}
    assert complete("brinery", "--color", "never", "get", "mod", cwd=tmp_path) == {"model.pkl"}
    assert complete("brinery", "show", "--max-memory", "u") == {"unlimited"}


def test_zsh_completion_has_every_option():
    text = (CLI / "completions" / "_brinery").read_text()
    in_file = {option.rstrip("-") for option in OPTION.findall(text)}
    in_help = {f"--{option}" for name in COMMANDS for option in options_of(name)}
    assert in_file == in_help | {"--version"}


@pytest.mark.skipif(not shutil.which("zsh"), reason="no zsh")
def test_zsh_completion_can_be_read():
    subprocess.run(["zsh", "-n", CLI / "completions" / "_brinery"], check=True)


def test_page_of_the_command_has_every_command():
    page = (CLI.parent / "docs" / "command.md").read_text()
    for name in COMMANDS:
        assert f"    brinery {name} " in page
    for option in OPTION.findall(page):
        in_help = {f"--{o}" for name in COMMANDS for o in options_of(name)}
        assert option in in_help, option
