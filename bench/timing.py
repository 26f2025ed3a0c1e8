"""How time and memory are measured, in every section.

Time: processor time, that of the kernel included, which on a machine that does nothing else is the
same as by the wall clock; only whole commands are timed by both.  Contestants take turns, in an
order that changes from round to round, so that a slow second of the machine hits all of them.  The
process stays on one core.  A sample runs its work as often as it takes to last some milliseconds.
What a work makes, it also frees, inside its time.

Before the clock of a sample starts, garbage is collected and the work is done once: a sample does
not pay for what the contestant before it left behind.  That is more than cold caches: a virtual
machine may have given free memory back to its host, and whoever touches it first then waits ten
times as long for it.

Memory: the peak of the resident set, from /proc, reset after the input has been loaded.  ru_maxrss
cannot be reset, and begins at what the parent held.
"""

import gc
import itertools
import math
import os
import random
import re
import statistics
import time

_SAMPLE_SECONDS = 0.01
# However long they take: a median of fewer rounds says little.
_FEWEST_ROUNDS = 3


def pin():
    """Stay on one core, the last one: the first gets most interrupts."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})


def calling(function, *arguments):
    """A loop that calls a function, for Contestant, as timeit would write it: calls that take
    nanoseconds must not be measured through another call."""
    if len(arguments) == 1:

        def loop(turns, function=function, argument=arguments[0]):
            for _ in turns:
                function(argument)

    elif len(arguments) == 2:

        def loop(turns, function=function, first=arguments[0], second=arguments[1]):
            for _ in turns:
                function(first, second)

    else:

        def loop(turns, function=function):
            for _ in turns:
                function()

    return loop


class Contestant:
    """What is measured.  loop: does the work once for every item of its argument."""

    def __init__(self, name, loop, collector=True, clock=time.thread_time):
        self.name = name
        self.loop = loop
        self.collector = collector
        self.clock = clock
        self.repeat = 1
        self.samples = []

    def sample(self):
        """Seconds that the work takes, averaged over its repetitions."""
        loop, clock = self.loop, self.clock
        gc.collect()
        if not self.collector:
            gc.disable()
        loop((None,))
        turns = itertools.repeat(None, self.repeat)
        begin = clock()
        loop(turns)
        end = clock()
        gc.enable()
        return (end - begin) / self.repeat

    def calibrate(self):
        """Find how often the work must be done for a sample.  The time of a single call of some
        nanoseconds is mostly the clock's: then many are timed, and it is guessed again."""
        for _ in range(2):
            self.repeat = max(1, round(_SAMPLE_SECONDS / max(self.sample(), 1e-9)))
            if self.repeat < 100:
                break


def compete(groups, rounds, seed=1, budget=math.inf):
    """Run groups of contestants for some rounds, or fewer when they take more seconds than the
    budget; the samples stay with the contestants."""
    rng = random.Random(seed)
    for contestants in groups:
        for contestant in contestants:
            contestant.calibrate()
    started = time.monotonic()
    for done in range(rounds):
        if done >= _FEWEST_ROUNDS and time.monotonic() - started > budget:
            break
        for contestants in rng.sample(groups, len(groups)):
            for contestant in rng.sample(contestants, len(contestants)):
                contestant.samples.append(contestant.sample())


def ratio(samples, slow, fast):
    """How many times faster, round by round: what slows a round down slows both."""
    return statistics.median(a / b for a, b in zip(samples[slow], samples[fast]))


def spread(values):
    """Half the distance between the quartiles, in per cent of the median."""
    low, middle, high = statistics.quantiles(values, n=4)
    return f"±{50 * (high - low) / middle:.0f} %"


def geometric_mean(values):
    return math.exp(statistics.fmean(map(math.log, values)))


def _resident(field):
    with open("/proc/self/status", encoding="ascii") as file:
        return int(re.search(rf"{field}:\s*(\d+) kB", file.read())[1]) * 1024


def peak_of(work):
    """The bytes by which the resident set grew at most during some work, and its seconds."""
    gc.collect()
    try:
        with open("/proc/self/clear_refs", "w", encoding="ascii") as file:
            file.write("5")
    except OSError:
        pass  # not allowed here: the peak may then come out too high, never too low
    before = _resident("VmRSS")
    begin = time.thread_time()
    kept = work()
    seconds = time.thread_time() - begin
    peak = _resident("VmHWM") - before
    return peak, seconds, kept
