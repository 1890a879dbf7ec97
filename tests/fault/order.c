/*
 * Tells in which order things begin: loaded before the program (LD_PRELOAD),
 * which knows nothing of it.  Each first call of a library's start, and the
 * first large write to a terminal ("frame"), is a line of the file $ORDER_LOG.
 * libmongoc is seen by what its constructor starts: SASL and OpenSSL.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define FRAME_MIN	200	/* bytes: more than modes and questions */

static void
tell(atomic_flag *told, const char *line)
{
	const char	*path = getenv("ORDER_LOG");
	int		 fd;

	if (path == NULL || atomic_flag_test_and_set(told))
		return;
	fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	if (fd < 0)
		return;
	(void)!syscall(SYS_write, fd, line, strlen(line));
	close(fd);
}

#define TELL(line) do {							\
	static atomic_flag told = ATOMIC_FLAG_INIT;			\
	tell(&told, line "\n");						\
} while (0)

ssize_t
write(int fd, const void *bytes, size_t len)
{
	if (len >= FRAME_MIN && isatty(fd))
		TELL("frame");
	return syscall(SYS_write, fd, bytes, len);
}

/* The same call of whoever comes next, with at most six words. */
#define WATCH(name)							\
long	 name(long a, long b, long c, long d, long e, long f);		\
long									\
name(long a, long b, long c, long d, long e, long f)			\
{									\
	static long (*next)(long, long, long, long, long, long);	\
									\
	TELL(#name);							\
	if (next == NULL)						\
		*(void **)&next = dlsym(RTLD_NEXT, #name);		\
	return next != NULL ? next(a, b, c, d, e, f) : 0;		\
}

WATCH(mongoc_init)
WATCH(OPENSSL_init_ssl)
WATCH(sasl_client_init)
WATCH(ldap_init_fd)
WATCH(ldap_initialize)
WATCH(ldap_set_option)
WATCH(curl_global_init)
WATCH(curl_easy_init)
