# Every command a newcomer or a developer types. Each is one script; this file only names them.
.DEFAULT_GOAL := help
.PHONY: help run stop demo package image test test-long test-sdk test-fresh test-vm bench check format clean

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-11s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: ## Build and start the whole product; Ctrl-C stops it (DETACH=1: in the background)
	@appliance/local/install-packages run
	@appliance/local/build
	@exec appliance/local/run

stop: ## Stop a product started with DETACH=1
	@appliance/local/stop

demo: ## Send a made-up app's fortnight, so that there is something to look at
	@appliance/local/demo

package: ## Make the Debian packages (build/package/*.deb)
	@appliance/local/install-packages run
	@appliance/local/build
	@systemd/make-packages

image: ## Make the bootable image (build/image; DISTRIBUTION=noble or bookworm; needs root)
	@appliance/local/install-packages run image
	@appliance/local/build
	@systemd/make-packages
	@images/build

test: ## Build and pass every test
	@appliance/local/install-packages run test
	@tests/run

test-long: ## The long campaigns: every suite that a setting sizes, at full size
	@appliance/local/install-packages run test sdk
	@tests/long

test-sdk: ## The mobile SDKs: Android core on the JVM, Go, React Native core
	@appliance/local/install-packages run test sdk
	@tests/run --suites sdk-mobile

test-fresh: ## Prove `make run` and `make demo` in a minimal Debian 12 root (needs root)
	@appliance/local/install-packages fresh
	@tests/fresh/run

test-vm: ## Boot the image in QEMU and prove what it promises (needs root and make image)
	@appliance/local/install-packages run test image vm
	@tests/vm/run

bench: ## Measure the hot paths against their peers; prints ratios
	@appliance/local/install-packages run bench
	@bench/run

check: ## Layer table, house rules, formatting
	@.ci/check_layers
	@.ci/tidy_tree
	@.ci/check_format

format: ## Format every C++ file
	@git ls-files '*.h' '*.cc' | xargs clang-format-19 -i

clean: ## Remove what was built (the data in .bristle stays)
	@rm -rf build
