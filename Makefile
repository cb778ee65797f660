GO ?= go

# The version of the packages: that of the ipvsadm whose command lines these are, and a number of our own.
VERSION = 1.31.0

.PHONY: build test golden parity demo bench packages packages-test

# The packages whose tests need no kernel of their own.
UNITS = ./pkg/... ./internal/cgroup ./internal/conntab ./internal/files ./internal/model ./internal/names ./internal/recording \
	./internal/rules ./internal/screen ./internal/visible ./internal/vocab

# A static program, without symbols or paths of the machine it was built on.
build:
	CGO_ENABLED=0 $(GO) build -trimpath -buildvcs=false -ldflags "-s -w" -o bin/ipvsadm ./cmd/ipvsadm

# Everything, tests on a real kernel with real traffic included.
test:
	@unformatted=$$(gofmt -l .) && if [ -n "$$unformatted" ]; then echo "not gofmt's form: $$unformatted"; exit 1; fi
	$(GO) vet ./...
	$(GO) tool -modfile=tools.mod staticcheck ./...
	$(GO) test -timeout 30m ./...
	scripts/coverage pkg/flags=95 pkg/format=95 pkg/ipvsnl=90
	scripts/foreign s390x $(UNITS)
	scripts/foreign arm $(UNITS)

# Records what the reference says, anew.
golden:
	$(GO) test ./internal/golden -run TestGolden -record

# Runs N generated cases, which follow from SEED, with the reference and with the program, and shows the
# shortest that differ.
SEED = 1
N = 1000
KERNELS = 2
parity:
	$(GO) test ./internal/parity -run TestParity -count=1 -timeout 0 -v -kernels $(KERNELS) -seed $(SEED) -cases $(N)

# Shows the main job on real traffic, in a kernel of its own.
demo: build
	scripts/demo

# The packages for distributions, into dist/.
packages:
	VERSION=$(VERSION) scripts/packages dist

# Installs the packages, boots what they are installed in, and checks them with the distributions' own tools.
packages-test:
	VERSION=$(VERSION) scripts/packages-test

# Times the program and the reference at the same work. scripts/bench says how to run a part, as in
# make bench CASES=restore1k,ln1k RUNS=3 REFRUNS=0 BIN=/another/build
bench: build
	@CASES='$(CASES)' RUNS='$(RUNS)' REFRUNS='$(REFRUNS)' BIN='$(BIN)' ACCEL='$(ACCEL)' scripts/bench $(if $(OUTPUT),-o $(OUTPUT))
