GO ?= go

# The version of the packages: that of the ipvsadm whose command lines these are, and a number of our own.
VERSION = 1.31.0

.PHONY: build install uninstall units check test apidiff mutants golden parity kernels recipes clients demo bench packages packages-test dist \
	dist-test image image-test release \
	debian-test rpm-test apk-test

# The packages that the program and the library are made of; those whose tests need no kernel, and the others.
PRODUCT = $(shell $(GO) list -deps -f '{{if .Module}}{{if .Module.Main}}{{.ImportPath}}{{end}}{{end}}' ./cmd/... ./pkg/...)
UNITS = $(shell GO=$(GO) scripts/units)
KERNEL_TESTS = $(shell GO=$(GO) scripts/units --kernel)

TIMED = @scripts/timed

# What --build prints.
REVISION = $(firstword $(shell scripts/revision))

# A static program, without symbols or paths of the machine it was built on.
build:
	CGO_ENABLED=0 $(GO) build -trimpath -buildvcs=false \
		-ldflags "$$(GO=$(GO) scripts/ldflags $(VERSION) $(REVISION))" -o bin/ipvsadm ./cmd/ipvsadm

# Where `make install` puts things, after DESTDIR. SERVICE says whose service: systemd installs a unit alone; debian, redhat
# and alpine the settings and the init script of these families too.
PREFIX = /usr/local
SBINDIR = $(PREFIX)/sbin
LIBEXECDIR = $(PREFIX)/libexec
DATADIR = $(PREFIX)/share
MANDIR = $(DATADIR)/man
SYSCONFDIR = /etc
UNITDIR = $(PREFIX)/lib/systemd/system
BASHDIR = $(DATADIR)/bash-completion/completions
ZSHDIR = $(DATADIR)/zsh/site-functions
FISHDIR = $(DATADIR)/fish/vendor_completions.d
LICENSEDIR = $(DATADIR)/doc/ipvsadm-go
LICENSENAME = LICENSES
SERVICE = systemd
PROGRAM = bin/ipvsadm
LICENCES = bin/LICENSES
PLACES = DESTDIR SBINDIR LIBEXECDIR MANDIR SYSCONFDIR UNITDIR BASHDIR ZSHDIR FISHDIR LICENSEDIR LICENSENAME SERVICE PROGRAM LICENCES
INSTALL = $(foreach place,$(PLACES),$(place)='$($(place))') scripts/install

# Installs what has been built, and builds it if it has not been: the user who may write to /usr may have no Go.
install: $(PROGRAM) $(LICENCES)
	$(INSTALL) install

# Removes what `make install` with the same places has installed. Changed settings and rules stay.
uninstall:
	$(INSTALL) uninstall

bin/ipvsadm:
	$(MAKE) build

bin/LICENSES:
	mkdir -p bin
	GO=$(GO) scripts/licences >$@.new
	mv $@.new $@

# What can be shown without a kernel, within a minute.
check:
	@unformatted=$$(gofmt -l .) && if [ -n "$$unformatted" ]; then echo "not gofmt's form: $$unformatted"; exit 1; fi
	$(TIMED) licence scripts/spdx
	$(TIMED) prose scripts/prose
	$(TIMED) manuals scripts/manuals
	$(TIMED) "go mod tidy" $(GO) mod tidy -diff
	$(TIMED) vet $(GO) vet ./...
	$(TIMED) "vet for darwin" env GOOS=darwin $(GO) vet ./pkg/...
	$(TIMED) "vet for windows" env GOOS=windows $(GO) vet ./pkg/...
	$(TIMED) "vet for freebsd" env GOOS=freebsd $(GO) vet ./pkg/...
	$(TIMED) staticcheck $(GO) tool -modfile=tools.mod staticcheck ./...
	$(TIMED) shellcheck scripts/shellcheck
	$(TIMED) apidiff $(MAKE) --no-print-directory apidiff
	$(TIMED) "unit tests" scripts/race $(UNITS)

# The unit tests alone, which need neither a kernel nor a network nor a C compiler.
units:
	$(GO) test $(TESTFLAGS) $(UNITS)

# What is tested on emulated machines. The emulator has no sockets of generic netlink, does not know the namespace of any
# other, and on s390x lists no interfaces: the tests of these, whose names begin with TestPlace, run on the machine itself.
FOREIGN = -skip '^TestPlace' $(PRODUCT)

# Everything, tests on a real kernel with real traffic included.
test: check
	$(TIMED) "tests on a kernel" $(GO) test -timeout 30m $(KERNEL_TESTS)
	$(TIMED) coverage scripts/coverage cmd/ipvsadm=85 pkg/flags=95 pkg/format=95 pkg/ipvsnl=90
	$(TIMED) s390x scripts/foreign s390x $(FOREIGN)
	$(TIMED) arm scripts/foreign arm $(FOREIGN)

# Compares the library's API with that of the last version.
apidiff:
	@GO=$(GO) scripts/apidiff ./pkg/ipvsnl ./pkg/ipvsnl/conns ./pkg/ipvsnl/ipvsnltest ./pkg/ipvsnl/reconcile

# Mutates the product and has its tests find that out; with CHANGED=REVISION, in the lines changed since then, with
# ONLY='locker\.', where the name of the mutant matches, and with LIMIT=3m, as many as fit into that time. MUTATED chooses
# packages. What may survive is in internal/test/mutants/accepted, with the reasons.
MUTATED = ./cmd/ipvsadm ./pkg/flags ./pkg/format ./pkg/ipvsnl ./pkg/ipvsnl/conns ./pkg/ipvsnl/reconcile ./internal/check ./internal/jsontext ./internal/rulefile
mutants:
	$(GO) run ./internal/test/mutants -accepted internal/test/mutants/accepted \
		$(if $(CHANGED),-changed $(CHANGED)) $(if $(ONLY),-only '$(ONLY)') $(if $(LIMIT),-limit $(LIMIT)) $(MUTATED) -- $(UNITS)

# Records what the reference says again.
golden:
	$(GO) test ./internal/test/golden -run TestGolden -record

# Runs N generated cases, which follow from SEED, with the reference and with the program, and shows the
# shortest that differ. With ADDITIONS=1, calls with what the reference does not have are among them.
SEED = 1
N = 1000
KERNELS = 2
parity:
	$(GO) test ./internal/test/parity -run TestParity -count=1 -timeout 0 -v -kernels $(KERNELS) -seed $(SEED) -cases $(N) \
		$(if $(ADDITIONS),-additions)

# Runs the tests on Debian's kernels, which qemu boots: those that KERNELS names, with commas between (5.10,s390x), or
# with ALL=1 all. RUN= chooses end-to-end tests; GOLDEN=1 runs the golden cases alone; JOBS= runs some jobs again, as
# internal/test/kernels/jobs.go names them; FRESH=1 fetches the kernels again.
# ALL=1, or TABLE=1, writes their rows into the table in docs/kernels.md.
kernels: KERNELS = 6.12
kernels:
	@GO=$(GO) $(GO) run ./internal/test/kernels $(if $(RUN),-run '$(RUN)') $(if $(GOLDEN),-golden) $(if $(JOBS),-jobs '$(JOBS)') $(if $(FRESH),-fresh) \
		$(if $(ALL)$(TABLE),-document docs/kernels.md) $(if $(ALL),all,$(KERNELS))

# Does what the pages of docs/recipes say, each on its kernel; with RECIPE=nat, one of them.
recipes:
	@GO=$(GO) scripts/recipes $(RECIPE)

# Runs programs of others that call ipvsadm, or read the kernel's table, with the reference and with ours, and compares
# what they see and do; with CLIENT=munin, one of them.
clients:
	$(GO) test -timeout 30m $(if $(CLIENT),./internal/test/clients -run TestClients -client '$(CLIENT)',./internal/test/clients/...)

# Shows the main job on real traffic, in a kernel of its own; with RECIPE=nat, what that page of docs/recipes does, and with
# WAY= in which of its ways.
demo: build
	@GO=$(GO) scripts/demo $(RECIPE) $(WAY)

# The packages for distributions, into dist/.
packages:
	VERSION=$(VERSION) scripts/packages dist

# Installs the packages, boots what they are installed in, and checks them with the distributions' own tools.
packages-test:
	VERSION=$(VERSION) scripts/packages-test

# The source archive, with the modules in it, into dist/.
dist:
	VERSION=$(VERSION) scripts/dist dist

# Builds, tests, installs and removes what is in the source archive, without a network.
dist-test:
	VERSION=$(VERSION) scripts/dist-test

# Builds the Debian package of the source archive in a clean Debian, 13 unless ON=bookworm, and checks it.
ON = trixie
debian-test:
	VERSION=$(VERSION) scripts/debian-test $(ON)

# Builds the rpm of the source archive, checks it, and switches to it and back.
rpm-test:
	VERSION=$(VERSION) scripts/rpm-test

# Builds what Alpine's abuild would make of the source archive, and runs it under OpenRC.
apk-test:
	VERSION=$(VERSION) scripts/apk-test

# A container image for amd64 and arm64, as an OCI archive, into dist/.
image:
	VERSION=$(VERSION) scripts/image dist

# Checks the image, and uses it on the test kernel.
image-test:
	VERSION=$(VERSION) scripts/image-test

# Everything that a release has, into dist/VERSION: built twice, compared, and signed with KEY, a key for ssh-keygen.
release:
	VERSION=$(VERSION) KEY='$(KEY)' scripts/release dist/$(VERSION)

# Times the program and the reference at the same work. scripts/bench says how to run a part, as in
# make bench CASES=restore1k,ln1k RUNS=3 REFRUNS=0 BIN=/another/build
bench: build
	@CASES='$(CASES)' RUNS='$(RUNS)' REFRUNS='$(REFRUNS)' BIN='$(BIN)' ACCEL='$(ACCEL)' FLOORREAD='$(FLOORREAD)' scripts/bench $(if $(OUTPUT),-o $(OUTPUT))
