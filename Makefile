# stconsole.  Two commands: "make run" and "make test"; "make help" lists all.
# Everything is built out of tree in $(B); nothing else is written here.

B	?= build
prefix	?= /usr/local
CC	?= gcc
VERSION	:= 0.1.0

# Debian 12 has libmongoc-1.0; newer systems name it mongoc2.
MONGOC	:= $(shell pkg-config --exists libmongoc-1.0 && echo libmongoc-1.0 || echo mongoc2)
PKGS	:= $(MONGOC) libcurl openssl jansson yaml-0.1 expat
PKG_CFLAGS := $(shell pkg-config --cflags $(PKGS) 2>/dev/null)
PKG_LIBS := $(shell pkg-config --libs $(PKGS) 2>/dev/null) -lldap -llber

CSTD	= -std=c11 -D_GNU_SOURCE -DNCURSES_NOMACROS
WARN	= -Wall -Wextra -Wshadow -Wpointer-arith -Wstrict-prototypes \
	  -Wmissing-prototypes -Wwrite-strings -Wvla -Wformat=2 $(WERROR)
HARD	?= -D_FORTIFY_SOURCE=2 -fstack-protector-strong -fPIE
HARD_LD	?= -pie -Wl,-z,relro,-z,now -Wl,--as-needed
# No build path and no time in the output.
REPRO	= -ffile-prefix-map=$(CURDIR)=.
OPT	?= -O2 -g
SAN	?=
ifdef CI
WERROR	= -Werror
endif
ALL_CFLAGS = $(OPT) $(CSTD) $(WARN) $(HARD) $(REPRO) $(SAN) -pthread \
	  -Iinclude -MMD -MP -DSTCONSOLE_VERSION='"$(VERSION)"' \
	  -DSTCONSOLE_SHARE='"$(prefix)/share/stconsole"' \
	  $(patsubst -I%,-isystem %,$(PKG_CFLAGS)) $(CFLAGS)
ALL_LDFLAGS = $(HARD_LD) $(SAN) -pthread $(LDFLAGS)

LIB_SRC	:= $(sort $(wildcard src/base/*.c src/text/*.c src/core/*.c \
	  src/site/*.c src/services/*/*.c src/cli/*.c))
LIB_OBJ	:= $(LIB_SRC:%.c=$(B)/%.o)
LAB_SRC	:= $(sort $(wildcard tests/lab/*.c))
LAB_LIB	:= $(filter-out tests/lab/main.c,$(LAB_SRC))
TESTS	:= $(sort $(wildcard tests/unit/*_test.c tests/property/*_test.c))
INTEG	:= $(sort $(wildcard tests/integration/*_test.c))
FUZZERS	:= $(sort $(wildcard tests/fuzz/*_fuzz.c))
BENCHES	:= $(sort $(wildcard tests/bench/*_bench.c))
# Shared by the tests: no main() inside.
TEST_LIB := $(sort $(filter-out %_test.c,$(wildcard tests/unit/*.c \
	  tests/property/*.c tests/integration/*.c)))

TEST_BIN := $(TESTS:%.c=$(B)/%)
INTEG_BIN := $(INTEG:%.c=$(B)/%)
BENCH_BIN := $(BENCHES:%.c=$(B)/%)

.DEFAULT_GOAL := all
.PHONY: all help clean
.SECONDARY:
.DELETE_ON_ERROR:

# Faults for the kill tests, loaded before the program (tests/fault).
$(B)/fault.so: tests/fault/fault.c
	@mkdir -p $(@D)
	@echo "LD $@"; $(CC) -O1 -g -shared -fPIC -o $@ $< -ldl

all: $(B)/stconsole $(if $(LAB_SRC),$(B)/stconsole-lab)

$(INTEG_BIN): | $(B)/fault.so $(B)/stconsole $(B)/stconsole-lab

$(B)/stconsole: $(B)/src/main.o $(B)/libstconsole.a
	@echo "LD $@"; $(CC) $(ALL_LDFLAGS) -o $@ $^ $(PKG_LIBS)

$(B)/stconsole-lab: $(LAB_SRC:%.c=$(B)/%.o) $(B)/libstconsole.a
	@echo "LD $@"; $(CC) $(ALL_LDFLAGS) -o $@ $^ $(PKG_LIBS)

$(B)/libstconsole.a: $(LIB_OBJ)
	@rm -f $@
	@$(AR) rcsD $@ $^

$(TEST_BIN) $(INTEG_BIN) $(BENCH_BIN): $(B)/%: $(B)/%.o \
    $(TEST_LIB:%.c=$(B)/%.o) $(LAB_LIB:%.c=$(B)/%.o) $(B)/libstconsole.a
	@echo "LD $@"; $(CC) $(ALL_LDFLAGS) -o $@ $^ -lcmocka $(PKG_LIBS)

$(B)/%.o: %.c
	@mkdir -p $(@D)
	@echo "CC $<"; $(CC) $(ALL_CFLAGS) -c -o $@ $<

# libFuzzer: one program for each reader, all of it built by clang.
FUZZ_B	= $(B)/fuzz
$(FUZZ_B)/%: tests/fuzz/%.c $(LIB_SRC)
	@mkdir -p $(@D)
	clang-14 -g -O1 $(CSTD) -Iinclude $(PKG_CFLAGS) \
	    -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=undefined \
	    -DSTCONSOLE_VERSION='"fuzz"' -DSTCONSOLE_SHARE='"."' \
	    -o $@ $< $(wildcard src/base/*.c src/text/*.c) $(PKG_LIBS)

clean:
	rm -rf $(B)

-include $(shell find $(B) -name '*.d' 2>/dev/null)
