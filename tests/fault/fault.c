/*
 * Faults from outside: loaded before the program (LD_PRELOAD), which knows
 * nothing of it.  Counts the calls that make something durable and, at the
 * n-th, kills the process or makes the call fail.  By environment:
 *
 *   FAULT_WHAT   kill-before | kill-after | enospc | eio | short | malloc |
 *                count
 *   FAULT_AT     n, from 1
 *   FAULT_ONLY   name of one call ("rename"), else all of them
 *   FAULT_TEXT   only writes that hold this text count, as a phase of the
 *                journal ("\"phase\":\"done\"")
 *   FAULT_LOG    a file that gets "CALL N PATH" when the fault happened, and
 *                at the end "total N"
 *
 * Counted: write, pwrite, fsync, fdatasync, ftruncate, rename, unlink, and
 * openat and mkdir that create.  Writes count for regular files only, so
 * that terminals and sockets stay out.  For malloc the calls of malloc,
 * calloc, realloc, strdup, strndup and vasprintf that come from the program
 * itself count, not those of its libraries.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

extern void *__libc_malloc(size_t);
extern void *__libc_calloc(size_t, size_t);
extern void *__libc_realloc(void *, size_t);

enum what { NOTHING, KILL_BEFORE, KILL_AFTER, FAIL_ENOSPC, FAIL_EIO,
	FAIL_SHORT, FAIL_MALLOC, COUNT };

static const char *const what_names[] = {
	"", "kill-before", "kill-after", "enospc", "eio", "short", "malloc",
	"count"
};

static enum what	 what;
static long		 at;
static const char	*only, *text;
static atomic_long	 counted;
static uintptr_t	 text_start, text_end;

static int
find_text(struct dl_phdr_info *info, size_t size, void *arg)
{
	int i;

	(void)size;
	(void)arg;
	/* The first one is the program itself. */
	for (i = 0; i < info->dlpi_phnum; i++)
		if (info->dlpi_phdr[i].p_type == PT_LOAD &&
		    (info->dlpi_phdr[i].p_flags & PF_X) != 0) {
			text_start = info->dlpi_addr +
			    info->dlpi_phdr[i].p_vaddr;
			text_end = text_start + info->dlpi_phdr[i].p_memsz;
		}
	return 1;
}

static void
say(const char *call, long n)
{
	const char	*path = getenv("FAULT_LOG");
	char		 line[128];
	long		 fd;
	int		 len;

	if (path == NULL)
		return;
	fd = syscall(SYS_openat, AT_FDCWD, path,
	    O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	if (fd < 0)
		return;
	len = snprintf(line, sizeof(line), "%s %ld\n", call, n);
	syscall(SYS_write, fd, line, (size_t)len);
	syscall(SYS_close, fd);
}

__attribute__((constructor)) static void
begin(void)
{
	const char	*name = getenv("FAULT_WHAT");
	const char	*n = getenv("FAULT_AT");
	enum what	 w;

	only = getenv("FAULT_ONLY");
	text = getenv("FAULT_TEXT");
	at = n != NULL ? strtol(n, NULL, 10) : 0;
	dl_iterate_phdr(find_text, NULL);
	/* Only this process: its children are not what is tested. */
	unsetenv("LD_PRELOAD");
	for (w = KILL_BEFORE; name != NULL && w <= COUNT; w++)
		if (strcmp(name, what_names[w]) == 0)
			what = w;
}

__attribute__((destructor)) static void
end(void)
{
	if (what != NOTHING)
		say("total", atomic_load(&counted));
}

static void
die(const char *call)
{
	say(call, at);
	syscall(SYS_kill, syscall(SYS_getpid), SIGKILL);
}

/* True when this call is the one. */
static bool
is_due(const char *call)
{
	if (what == NOTHING || what == FAIL_MALLOC ||
	    (text != NULL && strcmp(call, "write") != 0) ||
	    (only != NULL && strcmp(only, call) != 0))
		return false;
	return atomic_fetch_add(&counted, 1) + 1 == at;
}

/* True: the call must fail with errno set.  May not return at all. */
static bool
before(const char *call, bool *due)
{
	*due = is_due(call);
	if (!*due)
		return false;
	if (what == KILL_BEFORE)
		die(call);
	if (what != FAIL_ENOSPC && what != FAIL_EIO)
		return false;
	say(call, at);
	errno = what == FAIL_EIO ? EIO : ENOSPC;
	return true;
}

static void
after(const char *call, bool due)
{
	if (due && what == KILL_AFTER)
		die(call);
}

static bool
is_regular(int fd)
{
	struct stat	st;
	int		saved = errno;
	bool		yes = fstat(fd, &st) == 0 && S_ISREG(st.st_mode);

	errno = saved;
	return yes;
}

#define NEXT(type, name) \
	static __typeof__(type) next; \
	if (next == NULL) \
		next = (type)dlsym(RTLD_NEXT, name)

ssize_t
write(int fd, const void *data, size_t len)
{
	bool	due = false;
	ssize_t	n;

	NEXT(ssize_t (*)(int, const void *, size_t), "write");
	if (what == NOTHING || !is_regular(fd) || (text != NULL &&
	    memmem(data, len, text, strlen(text)) == NULL))
		return next(fd, data, len);
	if (before("write", &due))
		return -1;
	if (due && what == FAIL_SHORT && len > 1) {
		say("write", at);
		len /= 2;
	}
	n = next(fd, data, len);
	after("write", due);
	return n;
}

#define WRAP(ret, fail, name, params, args) \
ret \
name params \
{ \
	bool	due = false; \
	ret	r; \
 \
	NEXT(ret (*) params, #name); \
	if (before(#name, &due)) \
		return fail; \
	r = next args; \
	after(#name, due); \
	return r; \
}

WRAP(int, -1, fsync, (int fd), (fd))
WRAP(int, -1, fdatasync, (int fd), (fd))
WRAP(int, -1, ftruncate, (int fd, off_t len), (fd, len))
WRAP(int, -1, rename, (const char *a, const char *b), (a, b))
WRAP(int, -1, renameat, (int d, const char *a, int f, const char *b),
    (d, a, f, b))
WRAP(int, -1, renameat2, (int d, const char *a, int f, const char *b,
    unsigned flags), (d, a, f, b, flags))
WRAP(int, -1, unlink, (const char *a), (a))
WRAP(int, -1, unlinkat, (int d, const char *a, int f), (d, a, f))
WRAP(int, -1, mkdir, (const char *a, mode_t m), (a, m))

int
openat(int dir, const char *path, int flags, ...)
{
	mode_t	mode = 0;
	bool	due = false;
	va_list	ap;
	int	fd;

	NEXT(int (*)(int, const char *, int, ...), "openat");
	if ((flags & (O_CREAT | O_TMPFILE)) != 0) {
		va_start(ap, flags);
		mode = va_arg(ap, mode_t);
		va_end(ap);
	}
	if ((flags & O_CREAT) != 0 && before("openat", &due))
		return -1;
	fd = next(dir, path, flags, mode);
	after("openat", due);
	return fd;
}

/* --- memory ----------------------------------------------------------- */

#define IS_OURS() \
	(what == FAIL_MALLOC && \
	    (uintptr_t)__builtin_return_address(0) >= text_start && \
	    (uintptr_t)__builtin_return_address(0) < text_end)

static bool
memory_is_due(void)
{
	if (atomic_fetch_add(&counted, 1) + 1 != at)
		return false;
	say("malloc", at);
	errno = ENOMEM;
	return true;
}

void *
malloc(size_t n)
{
	return IS_OURS() && memory_is_due() ? NULL : __libc_malloc(n);
}

void *
calloc(size_t n, size_t m)
{
	return IS_OURS() && memory_is_due() ? NULL : __libc_calloc(n, m);
}

void *
realloc(void *p, size_t n)
{
	return IS_OURS() && memory_is_due() ? NULL : __libc_realloc(p, n);
}

char *
strndup(const char *s, size_t max)
{
	size_t	 len = strnlen(s, max);
	char	*copy;

	if (IS_OURS() && memory_is_due())
		return NULL;
	copy = __libc_malloc(len + 1);
	if (copy != NULL) {
		memcpy(copy, s, len);
		copy[len] = '\0';
	}
	return copy;
}

char *
strdup(const char *s)
{
	size_t	 len = strlen(s) + 1;
	char	*copy;

	if (IS_OURS() && memory_is_due())
		return NULL;
	copy = __libc_malloc(len);
	return copy != NULL ? memcpy(copy, s, len) : NULL;
}

int
vasprintf(char **out, const char *fmt, va_list ap)
{
	int (*next)(char **, const char *, va_list) =
	    (int (*)(char **, const char *, va_list))dlsym(RTLD_NEXT,
	    "vasprintf");

	if (IS_OURS() && memory_is_due())
		return -1;
	return next(out, fmt, ap);
}
