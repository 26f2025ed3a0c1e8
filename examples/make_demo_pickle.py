"""Write the pickle that `make demo` looks at: python3 make_demo_pickle.py FILE

It holds what real pickles hold: instances of classes, dates, decimals, nested dicts, shared
and cyclic references.  The classes belong to a module that exists only while this
program runs, so whoever reads the file cannot import it.
"""
import collections
import dataclasses
import datetime
import decimal
import pickle
import sys
import types
import uuid


@dataclasses.dataclass
class Position:
    latitude: float
    longitude: float
    altitude: int


@dataclasses.dataclass
class Reading:
    at: datetime.datetime
    celsius: decimal.Decimal
    flags: frozenset


class Station:
    def __init__(self, name, position, network):
        self.name = name
        self.position = position
        self.network = network
        self.readings = []


class Network:
    def __init__(self):
        self.stations = {}
        self.hubs = []


def make_network():
    module = types.ModuleType("observatory")
    sys.modules["observatory"] = module
    for cls in (Position, Reading, Station, Network):
        cls.__module__ = "observatory"
        setattr(module, cls.__name__, cls)

    network = Network()
    start = datetime.datetime(2026, 3, 1, 6, 0, tzinfo=datetime.timezone.utc)
    towns = {"north": (69.65, 18.96, 12), "ridge": (46.55, 7.98, 3571), "coast": (-33.93, 18.42, 4)}
    for number, (name, place) in enumerate(towns.items()):
        station = Station(name, Position(*place), network)
        for hour in range(240):
            station.readings.append(Reading(
                start + datetime.timedelta(hours=hour),
                decimal.Decimal(hour * 37 % 400 - 150 - 40 * number) / 10,
                frozenset({"checked"}) if hour % 7 else frozenset()))
        network.stations[name] = station
    network.hubs.append(network.stations["ridge"])  # shared; and every station knows its network
    network.notes = collections.OrderedDict(
        title="Mountain and coast \N{SNOWMAN}",
        run=uuid.UUID("12345678-1234-5678-1234-567812345678"),
        checksum=bytes(range(48)),
        budget=2**100,
        by_hour=collections.defaultdict(list, {6: ["north"], 18: ["ridge", "coast"]}),
    )
    return network


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__.splitlines()[0])
    with open(sys.argv[1], "wb") as file:
        pickle.dump(make_network(), file, protocol=4)


if __name__ == "__main__":
    main()
