"""What the corpus knows of each of its techniques."""
import dataclasses
import re


@dataclasses.dataclass
class Technique:
    name: str                # family and what it is about: "gadget-os-system"
    data: bytes              # the file
    what: str                # one line for people
    family: str
    suffix: str = ".pkl"
    loader: str = "pickle"   # how a program would open it: see detonate.py
    executes: bool = True    # opened so, it does something, on the interpreters of the tests
    proof: str = "marker"    # what shows it: the marker; "gone", a file of ours; an audit event
    needs: list = dataclasses.field(default_factory=list)    # modules, if they are not always there
    beside: list = dataclasses.field(default_factory=list)   # files it finds in its folder
    python: str = ""         # the versions it works on, where that is not all: "<3.12"
    lax: bool = False        # only loaders that do not enforce frames get so far
    source: str = ""         # the advisory or defect that it stands for

    @property
    def file(self):
        return self.name + self.suffix

    def entry(self):
        """Its line of the manifest."""
        entry = {"name": self.name, "file": self.file, "family": self.family, "what": self.what,
                 "executes": self.executes, "loader": self.loader}
        if self.executes:
            entry["proof"] = self.proof
        for key in ("needs", "beside", "python", "lax", "source"):
            if getattr(self, key):
                entry[key] = getattr(self, key)
        return entry


class Family:
    """Collects the techniques of one module."""

    def __init__(self, name):
        self.name = name
        self.techniques = []

    def add(self, name, what, data, **more):
        full = f"{self.name}-{name}"
        if not re.fullmatch(r"[a-z0-9-]+", full):
            raise ValueError(f"not a name: {full}")
        self.techniques.append(Technique(full, bytes(data), what, self.name, **more))
