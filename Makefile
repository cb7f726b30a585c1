# A few lines in front of CMake: `make demo` and `make test` are all that a newcomer types.
PRESET ?= release
BUILD := $(if $(filter release,$(PRESET)),build,build-$(PRESET))
NINJA := $(shell command -v ninja >/dev/null 2>&1 && echo -G Ninja)
JOBS ?= $(shell nproc 2>/dev/null || echo 2)

all: $(BUILD)/CMakeCache.txt
	cmake --build $(BUILD) -j$(JOBS)

$(BUILD)/CMakeCache.txt: CMakePresets.json
	@scripts/need.sh build
	cmake --preset $(PRESET) $(NINJA) $(CMAKE_ARGS)

demo: all
	@examples/digits/demo.sh $(BUILD)

test: need-test all
	python3 tests/run.py --build $(BUILD)

lint: need-lint all

bench bench-ops lint install: all
	cmake --build $(BUILD) --target $@

need-%:
	@scripts/need.sh $*

clean:
	rm -rf build build-*

.PHONY: all demo test bench bench-ops lint install clean
