# Set-up, build, demonstration and tests. `make demo` and `make test` need nothing run before them.

# libisal-dev only makes inflating faster; everything builds and runs without it.
PACKAGES := libarchive-dev libisal-dev libopenblas-dev libpng-dev libssl-dev libxxhash-dev pkg-config zlib1g-dev
MODULES := libarchive openblas libpng libcrypto libxxhash zlib
SOURCES := Package.swift Sources Tests

# Tests are built with optimization, as kernels in debug builds are 25 to 500 times slower, and in
# a folder of their own, as they need other flags than the programs.
TEST_FLAGS := -c release -Xswiftc -enable-testing --scratch-path .build-test

# Where `make install` puts programs, man pages and completions; DESTDIR is for packagers.
PREFIX ?= /usr/local
DESTDIR ?=
PROGRAMS := lra-prep lra-train

# Training over MPI is a library of its own, opened by lra-train where ranks are started; nothing else
# needs MPI. MPICC chooses the MPI.
MPI_PACKAGES := openmpi-bin libopenmpi-dev
MPI_LIBRARY := liblra-mpi.so
MPICC ?= mpicc

.PHONY: deps deps-mpi build mpi demo test test-mpi test-report fuzz bench bench-peers families man completions install uninstall format lint clean

# Installs the system packages that are missing, or says how.
deps:
	@command -v swift > /dev/null || { \
	  echo "error: swift is not on the PATH; install Swift 6.2 or newer from swift.org" >&2; exit 1; }
	@if ! { command -v pkg-config > /dev/null && pkg-config --exists $(MODULES); }; then \
	  if [ "$$(id -u)" = 0 ]; then run=; \
	  elif sudo -n true 2> /dev/null; then run=sudo; \
	  else \
	    echo "error: system packages are missing; install them with" >&2; \
	    echo "  sudo apt-get install -y $(PACKAGES)" >&2; exit 1; \
	  fi; \
	  $$run apt-get update -q && $$run apt-get install -y -q $(PACKAGES); \
	fi

# Installs Open MPI where no MPI is, or says how.
deps-mpi: deps
	@if ! { command -v $(MPICC) && command -v mpirun; } > /dev/null; then \
	  if [ "$$(id -u)" = 0 ]; then run=; \
	  elif sudo -n true 2> /dev/null; then run=sudo; \
	  else \
	    echo "error: Open MPI is missing; install it with" >&2; \
	    echo "  sudo apt-get install -y $(MPI_PACKAGES)" >&2; exit 1; \
	  fi; \
	  $$run apt-get update -q && $$run apt-get install -y -q $(MPI_PACKAGES); \
	fi

build: deps
	swift build -c release

# What training on several ranks needs, for the MPI that MPICC belongs to.
mpi: build deps-mpi
	$(MPICC) -std=c99 -O2 -Wall -Wextra -Werror -shared -fPIC -o .build/release/$(MPI_LIBRARY) Sources/MPI/lra_mpi.c

# Archives made here, prepared, then a small Transformer with and without self-pretraining.
demo: build
	Sources/Tools/demo.sh

test: deps
	swift build --build-tests $(TEST_FLAGS)
	swift test --skip-build $(TEST_FLAGS)

# Training on 1, 2 and 4 ranks: the same curve, faults, resuming, disagreement.
test-mpi: mpi
	Tests/MPI/test.sh

# The report in headless Chromium; screenshots are left under .build/report-test.
test-report: build
	Tests/Report/browser.sh

# Damaged inputs for everything that reads untrusted bytes; SEED=2 makes others.
fuzz: deps
	swift build $(TEST_FLAGS) --product lra-fuzz
	.build-test/release/lra-fuzz --cases $(or $(CASES),200000) --seed $(or $(SEED),1)

# Ratios of one run on this machine.
bench: build
	Sources/Tools/bench.sh

# Against PyTorch, in turn: PYTHON=venv/bin/python with torch and numpy; PEERS="s4-image --threads 2".
PYTHON ?= python3
bench-peers: build
	@$(PYTHON) -c 'import numpy, torch' || { \
	  echo "error: PyTorch is missing: python3 -m venv venv && venv/bin/pip install torch numpy," >&2; \
	  echo "  then make bench-peers PYTHON=venv/bin/python" >&2; exit 1; }
	.build/release/lra-train bench --kernels
	$(PYTHON) Benchmarks/pytorch/compare.py $(PEERS)

# Every family of models, small, pretrained and finetuned; STEPS=300, CIFAR=cifar-10-binary.tar.gz.
families: build
	Sources/Tools/families.sh

# A page for every command from its help, by the generator that comes with the argument parser.
man: build
	swift build -c release --product generate-manual
	Sources/Tools/man.sh .build/man $(PROGRAMS)

completions: build
	rm -rf .build/completions && mkdir -p .build/completions
	for program in $(PROGRAMS); do for shell in bash zsh fish; do \
	  .build/release/$$program --generate-completion-script $$shell \
	    > .build/completions/$$program.$$shell || exit 1; \
	done; done

# Both programs, their man pages, completions for bash, zsh and fish, and what `make mpi` made.
install: man completions
	for program in $(PROGRAMS); do \
	  install -D -m 755 .build/release/$$program $(DESTDIR)$(PREFIX)/bin/$$program && \
	  install -D -m 644 .build/completions/$$program.bash \
	    $(DESTDIR)$(PREFIX)/share/bash-completion/completions/$$program && \
	  install -D -m 644 .build/completions/$$program.zsh \
	    $(DESTDIR)$(PREFIX)/share/zsh/site-functions/_$$program && \
	  install -D -m 644 .build/completions/$$program.fish \
	    $(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d/$$program.fish || exit 1; \
	done
	if [ -e .build/release/$(MPI_LIBRARY) ]; then \
	  install -D -m 755 .build/release/$(MPI_LIBRARY) \
	    $(DESTDIR)$(PREFIX)/lib/long-range-arena/$(MPI_LIBRARY); \
	fi
	for page in .build/man/*.1; do \
	  install -D -m 644 $$page $(DESTDIR)$(PREFIX)/share/man/man1/$${page##*/} || exit 1; \
	done

uninstall:
	rm -rf $(DESTDIR)$(PREFIX)/lib/long-range-arena
	for program in $(PROGRAMS); do \
	  rm -f $(DESTDIR)$(PREFIX)/bin/$$program \
	    $(DESTDIR)$(PREFIX)/share/bash-completion/completions/$$program \
	    $(DESTDIR)$(PREFIX)/share/zsh/site-functions/_$$program \
	    $(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d/$$program.fish \
	    $(DESTDIR)$(PREFIX)/share/man/man1/$$program.1 \
	    $(DESTDIR)$(PREFIX)/share/man/man1/$$program.*.1; \
	done

format:
	swift format --in-place --recursive --parallel $(SOURCES)

lint:
	swift format lint --strict --recursive --parallel $(SOURCES)

clean:
	rm -rf .build .build-test demo
