#!/usr/bin/env python3
"""Write fuzz/pickle.dict, libFuzzer's dictionary, from the list of opcodes."""

import pathlib
import re

HERE = pathlib.Path(__file__).parent
OPCODES = HERE.parent / "src" / "machine" / "opcodes.def"
WORDS = [rb"\x80\x04\x95", rb"cos\nsystem\n", rb"(lp0\n", rb"I01\n", rb"L-1L\n", rb"S'a'\n",
         rb"V\\u0041\n", rb"F1e400\n", rb"\x8c\x05hello\x94", rb"K\x01K\x02\x86", rb"}(u", rb"](e",
         rb"\x8f(\x90", rb"(\x91", rb")\x81}b", rb")R", rb"\x97\x98", rb"q\x00h\x00"]


def main():
    text = OPCODES.read_text()
    lines = [f'{name}="\\x{int(byte, 16):02x}"'
             for name, byte in re.findall(r"^OPCODE\((\w+), (0x[0-9a-f]+)", text, re.M)]
    for i, word in enumerate(WORDS):
        raw = word.decode("ascii").encode().decode("unicode_escape").encode("latin-1")
        lines.append(f'word{i}="' + "".join(f"\\x{b:02x}" for b in raw) + '"')
    (HERE / "pickle.dict").write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
