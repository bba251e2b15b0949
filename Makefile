# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 the osm authors
#
# make demo    builds, and shows the main job on real input
# make check   builds, and runs every test
# make help    names the rest

CC      ?= gcc
FUZZ_CC ?= clang
B       := build
VERSION := $(shell sed -n 's/^\#define OSM_VERSION "\(.*\)"/\1/p' osmd/base/version.h)

# legacy iptables: systems that have no such tables any more (EL 10) have no libiptc either
IPTC    := $(shell pkg-config --exists libip4tc libip6tc 2>/dev/null && echo 1)
PACKAGES := jansson libxml-2.0 yaml-0.1 sqlite3 libevent libpcre2-8 libarchive libsystemd libseccomp libcap-ng \
            libmnl libnftnl libcrypto libpcap libbpf $(if $(IPTC),libip4tc libip6tc)
WARN  := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wpointer-arith \
         -Wwrite-strings -Wformat=2 -Werror
HARD  := -D_FORTIFY_SOURCE=2 -fstack-protector-strong -fPIE
ALL_CFLAGS = -std=gnu11 -D_GNU_SOURCE -O2 -g $(WARN) $(HARD) -I. $(if $(IPTC),-DOSM_IPTC) $(PKG_CFLAGS) -pthread -MMD -MP $(CFLAGS)
ALL_LDFLAGS = -pthread -pie -Wl,-z,relro,-z,now -Wl,--as-needed $(LDFLAGS)
PKG_CFLAGS = $(shell pkg-config --cflags $(PACKAGES) 2>/dev/null)
PKG_LIBS   = $(shell pkg-config --libs $(PACKAGES) 2>/dev/null)

# what runs in the kernel; one for every way of building
BPF     := build/bpf/connect.bpf.o
BPF_CC  ?= clang
MAINS   := osmd/osmd.c osmd/osm.c cpanel-hooks/osm-hook.c whm/osm-whm.c
SOURCES := $(filter-out $(MAINS) $(wildcard osmd/cmd_*.c) $(wildcard osmd/*/*.bpf.c), \
             $(wildcard osmd/*/*.c firewall/*.c cpanel-hooks/*.c whm/*.c))
O       := $(B)/obj
OBJECTS := $(SOURCES:%.c=$(O)/%.o)
UNITS   := $(shell find tests/unit -name 'test_*.c' 2>/dev/null | sort)
FUZZERS := $(sort $(wildcard tests/fuzz/fuzz_*.c))
BENCHES := $(sort $(wildcard tests/bench/*.c))
PROGRAMS := $(B)/osmd $(B)/osm $(B)/osm-hook $(B)/osm-whm
CLI     := osmd/osm.c $(sort $(wildcard osmd/cmd_*.c))

.PHONY: all help deps have-deps demo check quick unit unit-asan clang-warnings layers system browser \
        fuzz fuzz-long kill-long bench install-fresh man install dist binary deb rpm format clean
.DELETE_ON_ERROR:
.SECONDARY:

all: have-deps ## build the programs
	@$(MAKE) --no-print-directory $(PROGRAMS)

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/\1\t\2/p' Makefile | expand -t 16

deps: ## install what building and testing needs (apt or dnf, as root)
	sh tests/deps.sh --browser

have-deps:
	@sh tests/deps.sh --check >/dev/null 2>&1 || sh tests/deps.sh

.PHONY: have-browser
have-browser: # only root can install it, and only root has a lab
	@sh tests/deps.sh --browser --check >/dev/null 2>&1 || [ "$$(id -u)" != 0 ] || sh tests/deps.sh --browser

$(O)/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -c $< -o $@

$(BPF): osmd/sys/connect.bpf.c osmd/sys/connect.bpf.h
	@mkdir -p $(@D)
	$(BPF_CC) -target bpf -g -O2 -Wall $(filter -Werror,$(WARN)) -I. -idirafter /usr/include/$(shell gcc -dumpmachine) -c $< -o $@

$(O)/osmd/sys/connecttrace.o $(B)/fuzz/obj/osmd/sys/connecttrace.o: $(BPF)

$(B)/libosm.a: $(OBJECTS)
	@rm -f $@
	ar rcs $@ $^

$(B)/osmd: $(O)/osmd/osmd.o $(B)/libosm.a
	$(CC) $(ALL_LDFLAGS) $^ $(PKG_LIBS) -o $@

$(B)/osm: $(CLI:%.c=$(O)/%.o) $(B)/libosm.a
	$(CC) $(ALL_LDFLAGS) $^ $(PKG_LIBS) -o $@

# it notes the moment when a block is in force
$(B)/fwtool: $(O)/tests/lab/fwtool.o $(B)/libosm.a
	$(CC) $(ALL_LDFLAGS) -Wl,--wrap=cutoff $^ $(PKG_LIBS) -o $@

# a packet reader by hand, and short-lived clients with the truth about them, for the tests
$(B)/packettool: $(O)/tests/lab/packettool.o $(B)/libosm.a
	$(CC) $(ALL_LDFLAGS) $^ $(PKG_LIBS) -o $@

$(B)/connector: $(O)/tests/lab/connector.o
	$(CC) $(ALL_LDFLAGS) $^ -o $@

$(B)/osm-whm: $(O)/whm/osm-whm.o $(B)/libosm.a
	$(CC) $(ALL_LDFLAGS) $^ $(PKG_LIBS) -o $@

# small and quick to start: it needs jansson alone
$(B)/osm-hook: $(O)/cpanel-hooks/osm-hook.o $(B)/libosm.a
	$(CC) $(ALL_LDFLAGS) $^ $(shell pkg-config --libs jansson) -o $@

$(B)/tests/%: $(O)/tests/%.o $(B)/libosm.a
	@mkdir -p $(@D)
	$(CC) $(ALL_LDFLAGS) $^ $(PKG_LIBS) -lcriterion -o $@

demo: all ## the main job on real input, in a private lab, cleaned up afterwards
	bash tests/lab/demo.sh

JOBS ?= $(shell nproc)
check: have-deps have-browser ## every test
	$(MAKE) --no-print-directory layers man
	$(MAKE) --no-print-directory -j$(JOBS) all
	$(MAKE) --no-print-directory -j$(JOBS) unit
	$(MAKE) --no-print-directory -j$(JOBS) unit-asan
	$(MAKE) --no-print-directory -j$(JOBS) clang-warnings
	$(MAKE) --no-print-directory -j$(JOBS) fuzz
	$(MAKE) --no-print-directory system
	$(MAKE) --no-print-directory browser
	@echo "make check: everything passed"

quick: have-deps ## layers and unit tests only
	$(MAKE) --no-print-directory layers unit

layers: ## includes only go downwards
	sh tests/layers.sh

man: ## the manual pages are well-formed
	@for page in docs/*.[1-9]; do [ ! -f "$$page" ] || mandoc -T lint -W warning "$$page" || exit 1; done

unit: have-deps ## unit tests: neither root nor network
	@$(MAKE) --no-print-directory unit-run

.PHONY: unit-run
unit-run: $(UNITS:%.c=$(B)/%)
	sh tests/run-unit.sh $^

SAN := -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer
unit-asan: have-deps ## the same under AddressSanitizer and UBSan
	@$(MAKE) --no-print-directory unit-run B=$(B)/asan HARD= CFLAGS="-O1 $(SAN)" LDFLAGS="$(SAN)"

clang-warnings: have-deps ## clang builds it without a warning, too
	@$(MAKE) --no-print-directory CC=clang B=$(B)/clang $(B)/clang/osmd $(B)/clang/osm $(B)/clang/osm-hook $(B)/clang/osm-whm

# the csf backend by hand, for the tests (and for trying it against a real csf)
$(B)/fwcsf: $(O)/tests/lab/fwcsf.o $(B)/libosm.a
	$(CC) $(ALL_LDFLAGS) $^ $(PKG_LIBS) -o $@

system: all ## the whole product in the lab: real Exim, doubles of cPanel's programs
	@$(MAKE) --no-print-directory $(B)/fwtool $(B)/fwcsf $(B)/packettool $(B)/connector
	sh tests/run-system.sh

SUITE ?= bookworm
install-fresh: all ## installing on a fresh system made by debootstrap (SUITE=bookworm, jammy, noble)
	sh tests/lab/debian.sh build/$(SUITE) $(SUITE)
	MACHINE_BASE=$(CURDIR)/build/$(SUITE) bats --tap $(if $(filter bookworm,$(SUITE)),, \
	  -f "source tarball") tests/system/95_install.bats tests/system/96_packages.bats tests/system/97_docs.bats

browser: all have-browser ## the page in a real browser, before a live osmd in the lab
	bash tests/browser/run.sh

.PHONY: pictures
pictures: all have-browser ## docs/images anew, of the page in the lab
	bash tests/browser/run.sh pictures

FUZZ_SECONDS ?= 3
FUZZ_SAN := -fsanitize=address,undefined -fno-sanitize-recover=undefined
FUZZ_CFLAGS = -pthread -std=gnu11 -D_GNU_SOURCE -O1 -g -I. $(PKG_CFLAGS) -MMD -MP $(FUZZ_SAN)
$(B)/fuzz/obj/%.o: %.c
	@mkdir -p $(@D)
	$(FUZZ_CC) $(FUZZ_CFLAGS) -fsanitize=fuzzer-no-link -c $< -o $@

$(B)/fuzz/libosm.a: $(SOURCES:%.c=$(B)/fuzz/obj/%.o)
	@rm -f $@
	ar rcs $@ $^

$(B)/fuzz/fuzz_%: tests/fuzz/fuzz_%.c $(B)/fuzz/libosm.a
	$(FUZZ_CC) $(FUZZ_CFLAGS) -fsanitize=fuzzer $< $(B)/fuzz/libosm.a $(PKG_LIBS) -o $@

fuzz: have-deps ## a short run of every fuzzer over its corpus
	@$(MAKE) --no-print-directory FUZZ_SECONDS=$(FUZZ_SECONDS) fuzz-run

.PHONY: fuzz-run
fuzz-run: $(FUZZERS:tests/fuzz/%.c=$(B)/fuzz/%)
	sh tests/run-fuzz.sh $(FUZZ_SECONDS) $^

fuzz-long: ## ten minutes for each fuzzer
	$(MAKE) fuzz FUZZ_SECONDS=600

.PHONY: race-long
race-long: all ## a customer who swaps folders and links for a minute, against each rename (as root)
	@$(MAKE) --no-print-directory $(B)/tests/unit/act/test_quarantine
	OSM_RACE_SECONDS=60 $(B)/tests/unit/act/test_quarantine --filter 'quarantine/holds*'
	OSM_RACE_SECONDS=60 sh tests/run-system.sh 81_races

kill-long: all ## 200 kills of osmd and of the executor during bursts
	KILL_ROUNDS=200 sh tests/run-system.sh 30_kill

$(B)/packet_classic $(B)/packet_lookup: $(B)/%: $(O)/tests/bench/%.o $(O)/tests/bench/classic.o $(B)/libosm.a
	$(CC) $(ALL_LDFLAGS) $^ $(PKG_LIBS) -o $@

.PHONY: bench-packet
bench-packet: all ## whose a connection is: each source against the classic way
	@$(MAKE) --no-print-directory $(B)/packettool $(B)/connector $(B)/packet_classic $(B)/packet_lookup
	bash tests/bench/packet.sh

.PHONY: owners-long
owners-long: all ## whose a connection is, among 2,000 other processes
	OWNERS_IDLE=2000 sh tests/run-system.sh 76_owners

.PHONY: bench-firewall
bench-firewall: all ## blocking against nft and ipset, in a network namespace of its own
	@$(MAKE) --no-print-directory $(B)/fwtool
	bash tests/bench/firewall.sh

bench: all $(B)/tests/bench/fill_store ## speed against named peers in the same run
	bash tests/bench/bench.sh
	bash tests/bench/page.sh
	@$(MAKE) --no-print-directory bench-firewall
	@$(MAKE) --no-print-directory bench-packet

install: all ## lay the files on this system, or below DESTDIR (install.sh does the rest)
	sh osmd/lay.sh $(DESTDIR)

dist: ## build/dist: the source as a tarball, the same bytes from the same commit
	sh osmd/pack.sh dist

binary: all ## build/dist: the same with the programs built here, for install.sh
	sh osmd/pack.sh binary

deb: all ## build/dist: a Debian package
	sh osmd/pack.sh deb

rpm: all ## build/dist: an RPM package
	sh osmd/pack.sh rpm

format: ## clang-format over the tree
	clang-format -i $$(git ls-files '*.c' '*.h')

clean: ## remove what was built
	rm -rf $(B)

-include $(shell find $(B) -name '*.d' 2>/dev/null)
