"""A pickle that was cut off: every prefix of every corpus file is refused with a clean error.

A C test takes them all; here a sample of each file goes through the command.
"""

import io
import pickletools
import random

import command

SAMPLE = 8

# Cut inside an argument, between opcodes, before everything, inside a frame.
CUT = {1, 2, 3, 6}


def first_pickle(data):
    file = io.BytesIO(data)
    for _ in pickletools.genops(file):
        pass
    return data[: file.tell()]


def test_prefixes(corpus_file):
    data = first_pickle(corpus_file.read_bytes())
    rng = random.Random(corpus_file.name)
    lengths = set(range(min(3, len(data)))) | {len(data) - 1}
    lengths |= {rng.randrange(len(data)) for _ in range(SAMPLE)}
    for length in sorted(lengths):
        done = command.run("json", "--lossless", "-", data=data[:length])
        assert done.returncode == 2, length
        assert done.stdout == b""
        assert command.error_number(done.stderr) in CUT, (length, done.stderr)
        assert b" at byte " in done.stderr or length == 0
    assert command.run("json", "--lossless", "-", data=data).returncode == 0


def test_prefixes_disassembled(corpus_file):
    """`dis` shows what is there, and then says what is missing."""
    data = first_pickle(corpus_file.read_bytes())
    length = random.Random(corpus_file.name).randrange(len(data))
    done = command.run("dis", "-", data=data[:length])
    assert done.returncode == 2
    assert command.error_number(done.stderr) in CUT, done.stderr
    if length:
        whole = command.ok("dis", "-", data=data).decode("utf-8", "surrogatepass").splitlines()
        ours = done.stdout.decode("utf-8", "surrogatepass").splitlines()
        # What is wrong stands on lines of its own, below the opcode.
        ours = [line for line in ours if not line.lstrip().startswith("^ error")]
        complete = sum(1 for _, _, pos, end in opcodes(data) if end <= length)
        assert ours[:complete] == whole[:complete]


def opcodes(data):
    """Opcodes with where they begin and end."""
    entries = list(pickletools.genops(data))
    ends = [pos for _, _, pos in entries[1:]] + [len(data)]
    return [(opcode, arg, pos, end) for (opcode, arg, pos), end in zip(entries, ends)]
