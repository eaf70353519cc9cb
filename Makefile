# Set-up, build, demonstration and tests. `make demo` and `make test` need nothing run before them.

# libisal-dev only makes inflating faster; everything builds and runs without it.
PACKAGES := libarchive-dev libisal-dev libopenblas-dev libpng-dev libssl-dev libxxhash-dev pkg-config zlib1g-dev
MODULES := libarchive openblas libpng libcrypto libxxhash zlib
SOURCES := Package.swift Sources Tests

# Tests are built with optimization, as kernels in debug builds are 25 to 500 times slower, and in
# a folder of their own, as they need other flags than the programs.
TEST_FLAGS := -c release -Xswiftc -enable-testing --scratch-path .build-test

.PHONY: deps build demo test fuzz bench format lint clean

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

build: deps
	swift build -c release

# Archives made here, prepared, then a small Transformer with and without self-pretraining.
demo: build
	Sources/Tools/demo.sh

test: deps
	swift build --build-tests $(TEST_FLAGS)
	swift test --skip-build $(TEST_FLAGS)

# Damaged inputs for everything that reads untrusted bytes; SEED=2 makes others.
fuzz: deps
	swift build $(TEST_FLAGS) --product lra-fuzz
	.build-test/release/lra-fuzz --cases $(or $(CASES),200000) --seed $(or $(SEED),1)

# Ratios of one run on this machine.
bench: build
	Sources/Tools/bench.sh

format:
	swift format --in-place --recursive --parallel $(SOURCES)

lint:
	swift format lint --strict --recursive --parallel $(SOURCES)

clean:
	rm -rf .build .build-test demo
