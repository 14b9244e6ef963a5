# The commands of the house; each does all its own set-up. See README.md.
PRESET ?= release
DESTDIR ?=
T ?= 60
ARGS ?=

.PHONY: build demo test bench fuzz sanitize install deb format tidy clean

build:
	@tools/setup build
	@mkdir -p build && cmake --preset $(PRESET) >build/configure.log || { cat build/configure.log; exit 1; }
	@cmake --build build/$(PRESET) --target isthmus
	@ln -sf $(PRESET)/isthmus build/isthmus

demo:
	@tools/setup demo
	@$(MAKE) --no-print-directory build
	@cmake --build build/$(PRESET) --target purple_client
	@tools/demo $(ARGS)

test:
	@tools/setup all
	@tools/test $(ARGS)

bench:
	@tools/setup all
	@$(MAKE) --no-print-directory build
	@cmake --build build/$(PRESET)
	@tools/bench $(ARGS)

fuzz:
	@tools/setup all
	@tools/fuzz $(T)

sanitize:
	@tools/setup all
	@tools/test --only sanitize

install: build
	@DESTDIR=$(DESTDIR) cmake --install build/$(PRESET) --prefix /usr
	@tools/after_install "$(DESTDIR)"

deb: build
	@tools/package

format:
	@git ls-files '*.cpp' '*.h' | xargs clang-format-19 -i

tidy:
	@tools/setup all
	@tools/test --only tidy

clean:
	@rm -rf build
