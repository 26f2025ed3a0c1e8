# The front door.  Everything is done by meson and the scripts in tools/;
# this file only says how they are called.  `make help` lists the targets.
PREFIX ?= /usr/local
DESTDIR ?=
MINUTES ?= 1
export SUDO

.PHONY: all build setup setup-test setup-bench setup-scanners python demo test test-all test-pythons lint format \
	coverage fuzz fuzz-merge bench scanners install clean distclean help
.DEFAULT_GOAL := build

all: build

## build: compile the library and the command (the command is build/brinery)
build: setup
	@tools/build.sh release
	@echo "built: build/brinery"

setup:
	@tools/setup.sh build

setup-test:
	@tools/setup.sh test

setup-bench:
	@tools/setup.sh bench

setup-scanners:
	@tools/setup.sh scanners

## python: build the Python package; PYTHONPATH=build/python/site finds it
python: setup
	@tools/build.sh python
	@echo "built: build/python/site/brinery"

## demo: save and load with Python, look inside with the command, and say what to try next
demo: setup
	@tools/build.sh release
	@tools/build.sh python
	@tools/demo.sh

## test: everything worth running before a commit; ends in "N passed, N failed"
test:
	@tools/setup.sh system
	@/usr/bin/python3 tools/run_tests.py

## test-all: the same and the long campaigns (about an hour)
test-all:
	@tools/setup.sh long
	@/usr/bin/python3 tools/run_tests.py --long

## test-pythons: the Python package on 3.13, 3.14 and 3.15, in Debian folders of their own
test-pythons: setup-test
	@tools/pythons.sh test all

## lint: formatting, static analysis, include rules
lint: setup-test
	@tools/lint.sh

## format: let clang-format rewrite the C files
format: setup-test
	@tools/lint.sh --format

## coverage: coverage of src/ by all tests; fails below 95 % of lines, 85 % of branches
coverage: setup-test
	@tools/coverage.sh

## fuzz: fuzz every entry point for MINUTES minutes in all (default 1)
fuzz: setup-test
	@tools/build.sh fuzz
	@tools/fuzz.sh $$(($(MINUTES) * 60))

## fuzz-merge: keep in fuzz/corpus what fuzzing has found that reaches new code
fuzz-merge: setup-test
	@tools/build.sh fuzz
	@tools/fuzz.sh --merge

## bench: measure speed and memory beside CPython's pickle and others, at all doors
bench: setup-bench
	@tools/build.sh release
	@tools/build.sh python
	@/usr/bin/python3 bench/run.py

## scanners: compare `brinery scan` with other scanners, over hostile files and harmless ones
scanners: setup-scanners setup-test
	@tools/build.sh release
	@/usr/bin/python3 tools/compare_scanners.py

## install: install below PREFIX (default /usr/local); DESTDIR is honoured
install: setup
	@PREFIX='$(abspath $(PREFIX))' tools/build.sh install
	@DESTDIR='$(abspath $(DESTDIR))' meson install -C build/install --no-rebuild --quiet
	@echo "installed below $(abspath $(DESTDIR))$(abspath $(PREFIX))"

## clean: remove what was built, but not build/venv, build/bench-venv and build/pythons
clean:
	@if [ -d build ]; then find build -mindepth 1 -maxdepth 1 ! -name '*venv' ! -name pythons \
		-exec rm -rf {} +; fi

## distclean: remove everything that is not in the repository
distclean:
	@rm -rf build

## help: this list
help:
	@sed -n 's/^## \([a-z-]*\): /\1\t/p' Makefile | while IFS="$$(printf '\t')" read -r name text; \
	do printf '  make %-12s %s\n' "$$name" "$$text"; done
