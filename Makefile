# stconsole.  Two commands: "make run" and "make test"; "make help" lists all.
# Everything is built out of tree in $(B); nothing else is written here.

B	?= build
prefix	?= /usr/local
sysconfdir ?= /etc
unitdir	?= $(prefix)/lib/systemd/system
DESTDIR	?=
ifeq ($(origin CC),default)
CC	= gcc
endif
VERSION	:= 0.1.0
NPROC	:= $(shell nproc)

# Debian 12 has libmongoc-1.0; newer systems name it mongoc2.
MONGOC	:= $(shell pkg-config --exists libmongoc-1.0 2>/dev/null || \
	  ! pkg-config --exists mongoc2 2>/dev/null && echo libmongoc-1.0 || \
	  echo mongoc2)
PKGS	:= $(MONGOC) libcurl openssl jansson yaml-0.1 expat zlib \
	  $(if $(wildcard src/ui/*.c),ncursesw)
PKG_CFLAGS := $(shell pkg-config --cflags $(PKGS) 2>/dev/null)
PKG_LIBS := $(shell pkg-config --libs $(PKGS) 2>/dev/null) -lldap -llber \
	  -lunistring

CSTD	= -std=c11 -D_GNU_SOURCE -DNCURSES_NOMACROS
WARN	= -Wall -Wextra -Wshadow -Wpointer-arith -Wstrict-prototypes \
	  -Wmissing-prototypes -Wwrite-strings -Wvla -Wformat=2 $(WERROR)
HARD	?= -D_FORTIFY_SOURCE=2 -fstack-protector-strong \
	  -fstack-clash-protection -fPIE
HARD_LD	?= -pie -Wl,-z,relro,-z,now -Wl,-z,noexecstack -Wl,--as-needed
# No build path and no time in the output.
REPRO	= -ffile-prefix-map=$(CURDIR)=.
OPT	?= -O2 -g
SAN	?=
ifdef CI
WERROR	= -Werror
endif
ALL_CFLAGS = $(OPT) $(CSTD) $(WARN) $(HARD) $(REPRO) $(SAN) -pthread \
	  -Iinclude -MMD -MP -DSTCONSOLE_VERSION='"$(VERSION)"' \
	  $(patsubst -I%,-isystem %,$(PKG_CFLAGS)) $(CFLAGS)
ALL_LDFLAGS = $(HARD_LD) $(SAN) -pthread $(LDFLAGS)

LIB_SRC	:= $(sort $(wildcard src/base/*.c src/text/*.c src/core/*.c \
	  src/site/*.c src/services/*/*.c src/relay/*.c src/control/*.c \
	  src/ui/*.c src/cli/*.c))
LIB_SRC	+= src/all.c
LIB_OBJ	:= $(LIB_SRC:%.c=$(B)/%.o)
LAB_SRC	:= $(sort $(wildcard tests/lab/*.c))
MODEL_SRC := $(sort $(wildcard tests/model/*.c))
LAB_LIB	:= $(filter-out tests/lab/main.c,$(LAB_SRC))
TESTS	:= $(sort $(wildcard tests/unit/*_test.c tests/property/*_test.c \
	  tests/screen/*_test.c))
INTEG	:= $(sort $(wildcard tests/integration/*_test.c))
FUZZERS	:= $(sort $(wildcard tests/fuzz/*_fuzz.c))
BENCHES	:= $(sort $(wildcard tests/bench/*_bench.c))
BENCH_LIB := tests/bench/bench.c
# Shared by the tests: no main() inside.  stand_in.c has functions of the
# console under their own names; only who wants those is linked with it.
TEST_LIB := $(sort $(filter-out %_test.c %/stand_in.c,$(wildcard \
	  tests/unit/*.c tests/property/*.c tests/screen/*.c \
	  tests/integration/*.c)))

TEST_BIN := $(TESTS:%.c=$(B)/%)
INTEG_BIN := $(INTEG:%.c=$(B)/%)
FUZZ_BIN := $(FUZZERS:%.c=$(B)/%)
BENCH_BIN := $(BENCHES:%.c=$(B)/%)
# What runs threads against each other; what is run by valgrind as well.
TSAN_BIN := $(foreach t,$(TEST_BIN),$(if $(or \
	  $(findstring job,$(notdir $(t))),$(findstring lock,$(notdir $(t))), \
	  $(findstring work,$(notdir $(t)))),$(t)))
VALGRIND ?= env_test ini_test cli_words_test directory_filter_test
VALGRIND_BIN := $(filter $(VALGRIND:%=$(B)/tests/unit/%),$(TEST_BIN))

.DEFAULT_GOAL := all
.PHONY: all run test check soak bench fuzz asan tsan lint install deb clean help
.PHONY: bench-mongo
.PHONY: setup kube reproducible test-built unit-programs tsan-programs FORCE
.PHONY: integration-programs fuzz-programs bench-programs
.SECONDARY:
.DELETE_ON_ERROR:

all: $(B)/stconsole $(if $(LAB_SRC),$(B)/stconsole-lab) ## the program and its lab

# A program that is not installed finds its data beside itself.
$(B)/stconsole: | $(B)/screens $(B)/themes
$(B)/screens $(B)/themes:
	@mkdir -p $(@D)
	@ln -sfn $(CURDIR)/$(@F) $@

ifeq ($(PKG_CFLAGS)$(PKG_LIBS:-l%=),)
ifneq ($(filter-out run test setup kube clean help,$(or $(MAKECMDGOALS),all)),)
$(warning Debian packages are missing: "make setup" installs them)
endif
endif

# ---- programs

$(B)/stconsole: $(B)/src/main.o $(B)/libstconsole.a
	@echo "LD $@"; $(CC) $(ALL_LDFLAGS) -o $@ $^ $(PKG_LIBS)

$(B)/stconsole-lab: $(LAB_SRC:%.c=$(B)/%.o) $(B)/libstconsole.a
	@echo "LD $@"; $(CC) $(ALL_LDFLAGS) -o $@ $^ $(PKG_LIBS)

# Stands for a mongod of versions that cannot be had; see tests/model/model.h.
$(B)/stconsole-mongod-model: $(MODEL_SRC:%.c=$(B)/%.o) $(B)/libstconsole.a
	@echo "LD $@"; $(CC) $(ALL_LDFLAGS) -o $@ $^ $(PKG_LIBS)

$(B)/libstconsole.a: $(LIB_OBJ)
	@rm -f $@
	@$(AR) rcsD $@ $^

$(B)/libtests.a: $(TEST_LIB:%.c=$(B)/%.o) $(LAB_LIB:%.c=$(B)/%.o)
	@rm -f $@
	@$(AR) rcsD $@ $^

$(TEST_BIN) $(INTEG_BIN) $(BENCH_BIN): $(B)/%: $(B)/%.o $(B)/libtests.a \
    $(B)/libstconsole.a
	@echo "LD $@"; $(CC) $(ALL_LDFLAGS) -o $@ \
	    $(filter %.o,$^) $(filter %.a,$^) -lcmocka $(PKG_LIBS) \
	    -lvterm

# libFuzzer brings main(); CC is clang then.
$(FUZZ_BIN): $(B)/%: $(B)/%.o $(B)/libstconsole.a
	@echo "LD $@"; $(CC) $(ALL_LDFLAGS) -fsanitize=fuzzer -o $@ $^ $(PKG_LIBS)

# Loaded before the program: faults for the kill tests, and what begins when.
$(B)/fault.so $(B)/order.so: $(B)/%.so: tests/fault/%.c
	@mkdir -p $(@D)
	@echo "LD $@"; $(CC) -O1 -g -shared -fPIC -o $@ $< -ldl

$(BENCH_BIN): $(BENCH_LIB:%.c=$(B)/%.o)
$(filter %/form_test %/wizard_test %/form_property_test,$(TEST_BIN)): \
    $(B)/tests/unit/stand_in.o

# What the administrators' list is measured against: only the two libraries.
$(B)/tests/bench/bare_admin_list: $(B)/tests/bench/bare_admin_list.o
	@echo "LD $@"; $(CC) $(ALL_LDFLAGS) -o $@ $^ \
	    $(shell pkg-config --libs $(MONGOC) 2>/dev/null) -lldap -llber

$(BENCH_BIN): | $(B)/tests/bench/bare_admin_list
$(INTEG_BIN) $(BENCH_BIN): | $(B)/fault.so $(B)/order.so $(B)/stconsole \
    $(B)/stconsole-lab $(B)/stconsole-mongod-model

# It holds this file byte for byte.
$(B)/src/services/mongo/lifecycle.o: \
    src/services/mongo/mongodb-lifecycle.yaml

$(B)/%.o: %.c $(B)/flags
	@mkdir -p $(@D)
	@echo "CC $<"; $(CC) $(ALL_CFLAGS) -c -o $@ $<

# Other flags: everything is compiled again.  The prefix is in no object: the
# program looks beside itself.
FLAGS	= $(CC) $(OPT) $(HARD) $(HARD_LD) $(SAN) $(CFLAGS) $(VERSION)
$(B)/flags: FORCE
	@mkdir -p $(@D)
	@echo '$(FLAGS)' | cmp -s - $@ || echo '$(FLAGS)' >$@

# Which pages there are is in the program's tables.
$(B)/man/made: $(B)/stconsole
	@rm -rf $(@D) && mkdir -p $(@D)
	@for p in $$($< help --man --list); do \
	    $< help --man $$p >$(@D)/$$p || exit 1; done; touch $@

$(B)/completion.bash: $(B)/stconsole
	@$< help --completion bash >$@

unit-programs: $(TEST_BIN)
integration-programs: $(INTEG_BIN)
tsan-programs: $(TSAN_BIN)
fuzz-programs: $(FUZZ_BIN)
bench-programs: $(BENCH_BIN)

# ---- builds of their own

SUB	= $(MAKE) --no-print-directory $(if $(filter -j%,$(MAKEFLAGS)),,-j$(NPROC))
PLAIN	= $(SUB)
ASAN	= $(SUB) B=$(B)/asan OPT='-O1 -g1' HARD= HARD_LD= \
	  SAN='-fsanitize=address,undefined -fno-omit-frame-pointer'
# The next two compile only what their programs can need.  To clang a
# variable that is there for its cleanup is an unused one.
TSAN	= $(SUB) B=$(B)/tsan OPT='-O1 -g1' HARD= HARD_LD= \
	  SAN=-fsanitize=thread LIB_SRC='$(call lib_of,base text core site \
	  control ui)'
FUZZ	= $(SUB) B=$(B)/fuzz CC=clang-14 OPT='-O1 -g1' HARD= HARD_LD= \
	  WERROR= LIB_SRC='$(call lib_of,base text core control site \
	  services/dump services/mongo services/tls) $(UI_PURE)' \
	  CFLAGS=-Wno-unused-variable \
	  SAN='-fsanitize=fuzzer-no-link,address,undefined \
	  -fno-sanitize-recover=undefined'
# What of the screens needs neither a terminal nor the engine.
UI_PURE	= $(filter src/ui/canvas.c src/ui/press% src/ui/screen_%, \
	  $(LIB_SRC)) src/core/param.c \
	  src/core/registry.c src/core/role.c
lib_of	= $(foreach d,$(1),$(filter src/$(d)/%,$(LIB_SRC)))

# ---- tests: each plan line is "KIND SECONDS PROGRAM" (tests/run)

RUN	= JOBS=$(NPROC) tests/run $(B)/results
plan	= $(foreach p,$(3),echo $(1) $(2) $(p);)
UNIT_PLAN = $(call plan,plain,60,$(TEST_BIN))
INTEG_PLAN = $(call plan,plain,$(LIMIT),$(INTEG_BIN))
ASAN_PLAN = $(call plan,asan,120,$(TEST_BIN:$(B)/%=$(B)/asan/%))
TSAN_PLAN = $(call plan,tsan,120,$(TSAN_BIN:$(B)/%=$(B)/tsan/%))
VALGRIND_PLAN = $(call plan,valgrind,120,$(VALGRIND_BIN))
FUZZ_PLAN = $(call plan,fuzz,$(FUZZ_LIMIT),$(FUZZ_BIN:$(B)/%=$(B)/fuzz/%))
LIMIT	= 600
FUZZ_LIMIT = 60
MONGODS	= 4.2 4.4 5.0 6.0 6.0.27

setup: ## install what is missing to run, build and test
	@tests/setup/install run build test

run: ## install, build, open the console on the demo
	@tests/setup/install run build
	@tests/setup/mongod 6.0
	@$(SUB) all
	@tests/setup/demo $(B)

kube: ## build a real Kubernetes for its tests; needs Go, takes 10 minutes
	@tests/lab/kube/fetch-kube

# Read again after the installation: only then pkg-config can tell.
test: setup ## install, build and run every test
	@tests/setup/mongod $(MONGODS)
	@$(MAKE) --no-print-directory test-built

# What does not build is a failure; the rest runs.
test-built:
	@built=yes; \
	$(PLAIN) -k all unit-programs integration-programs || built=; \
	$(ASAN) -k unit-programs || built=; \
	$(TSAN) -k tsan-programs || built=; \
	$(FUZZ) -k fuzz-programs || built=; \
	{ \
		$(INTEG_PLAN) $(FUZZ_PLAN) $(ASAN_PLAN) $(TSAN_PLAN) \
		$(VALGRIND_PLAN) $(UNIT_PLAN) \
		[ -n "$$built" ] || echo plain 1 $(B)/every-program; \
	} | $(RUN)

check: ## unit, property and screen tests; no server, under a minute
	@$(SUB) all unit-programs
	@tests/lint/includes
	@{ $(UNIT_PLAN) } | $(RUN)

asan: ## unit, property and screen tests under ASan and UBSan
	@$(ASAN) unit-programs
	@{ $(ASAN_PLAN) } | $(RUN)

tsan: ## job, lock and work tests under TSan
	@$(TSAN) tsan-programs
	@{ $(TSAN_PLAN) } | $(RUN)

fuzz: ## each fuzz target for FUZZ_SECONDS (10)
	@$(FUZZ) fuzz-programs
	@{ $(FUZZ_PLAN) } | $(RUN)

# KILL_EVERYWHERE: the kill tests leave out no call.
KEYS_TEST = $(B)/tests/screen/console_keys_test
soak: ## fuzz 10 minutes each, kill tests at every call, a million keys
	@$(PLAIN) all integration-programs $(KEYS_TEST)
	@$(FUZZ) fuzz-programs
	@{ $(INTEG_PLAN) $(FUZZ_PLAN) $(call plan,plain,$(LIMIT),$(KEYS_TEST)) \
	echo script 300 tests/setup/reproducible; } | \
	    KILL_EVERYWHERE=1 FUZZ_SECONDS=600 CONSOLE_KEYS=1000000 $(RUN)
soak: LIMIT = 7200
soak: FUZZ_LIMIT = 700

bench: ## the table of speed and memory
	@$(PLAIN) all bench-programs
	@for b in $(filter-out %/mongo_bench,$(BENCH_BIN)); do \
	    "$$b" || exit 1; done

bench-mongo: ## dump, restore and move beside mongodump and mongorestore
	@$(PLAIN) all bench-programs
	@$(B)/tests/bench/mongo_bench

lint: ## layers, layout, words, screens, manual pages
	@$(SUB) all $(B)/man/made $(B)/tests/unit/screens_test
	@rc=0; for l in $(sort $(wildcard tests/lint/*)); do \
	    B=$(B) $$l || rc=1; done; exit $$rc

reproducible: ## two builds in two folders give the same bytes
	@tests/setup/reproducible

# ---- installation

SHARE	= $(DESTDIR)$(prefix)/share
install: all $(B)/man/made $(B)/completion.bash ## into $(DESTDIR)$(prefix)
	install -D -m 755 $(B)/stconsole $(DESTDIR)$(prefix)/bin/stconsole
	install -D -m 755 $(B)/stconsole-lab \
	    $(DESTDIR)$(prefix)/libexec/stconsole/stconsole-lab
	@for p in $$(cd $(B)/man && ls stconsole*.[1-8]); do \
	    install -D -m 644 $(B)/man/$$p $(SHARE)/man/man$${p##*.}/$$p || \
	    exit 1; done
	install -D -m 644 $(B)/completion.bash \
	    $(SHARE)/bash-completion/completions/stconsole
	install -D -m 755 tests/lab/fetch $(SHARE)/stconsole/lab/fetch
	@cd tests/lab && find sites -type f -exec \
	    install -D -m 644 {} $(SHARE)/stconsole/lab/{} \;
	@for d in $(wildcard screens themes); do find $$d -type f -exec \
	    install -D -m 644 {} $(SHARE)/stconsole/{} \; ; done
	install -D -m 644 src/dist/pam $(DESTDIR)$(sysconfdir)/pam.d/stconsole
	@$(call dist,stconsole.service.in,$(DESTDIR)$(unitdir)/stconsole.service)
	@$(call dist,kiosk/README.in,$(SHARE)/stconsole/kiosk/README)
	@$(call dist,kiosk/profile.sh.in,$(SHARE)/stconsole/kiosk/profile.sh)
	install -m 644 $(wildcard src/dist/kiosk/*.conf) $(SHARE)/stconsole/kiosk

# What names a place is written for it.
dist	= install -D -m 644 /dev/null $(2) && sed \
	  -e 's|@BINDIR@|$(prefix)/bin|g' \
	  -e 's|@SHAREDIR@|$(prefix)/share/stconsole|g' src/dist/$(1) >$(2)

deb: all ## a Debian package of it
	@src/dist/deb $(B) $(VERSION)

clean: ## remove what was built
	rm -rf $(B)

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-13s %s\n", $$1, $$2 }' \
	    Makefile

-include $(shell find $(B) -name '*.d' 2>/dev/null)
