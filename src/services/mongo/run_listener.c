/*
 * Who listens on a port of this host, by /proc/net/tcp and the descriptors of
 * the processes.  A server in a network namespace of its own is not seen
 * here; its engine is asked (run_engine.c).
 */
#include <arpa/inet.h>
#include <dirent.h>
#include <fcntl.h>
#include <ifaddrs.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "stconsole/file.h"
#include "stconsole/mem.h"
#include "stconsole/msg.h"
#include "stconsole/str.h"

#include "run.h"
#include "text_run.def"

#define TABLE_MAX	(16u << 20)
#define STATE_LISTEN	0x0a

bool
run_at_split(const char *host_port, struct run_at *at)
{
	const char	*colon = strrchr(host_port, ':');
	size_t		 len;
	int64_t		 port;

	*at = (struct run_at){ .port = 0 };
	if (colon == NULL || !str_to_int(colon + 1, 1, 65535, &port))
		return false;
	len = (size_t)(colon - host_port);
	if (len >= 2 && host_port[0] == '[' && colon[-1] == ']') {
		host_port++;
		len -= 2;
	}
	if (len == 0 || len >= sizeof(at->host))
		return false;
	memcpy(at->host, host_port, len);
	at->port = (int)port;
	return true;
}

static void
map_v4(const struct in_addr *in, struct in6_addr *out)
{
	memset(out, 0, sizeof(*out));
	out->s6_addr[10] = out->s6_addr[11] = 0xff;
	memcpy(&out->s6_addr[12], in, sizeof(*in));
}

static bool
address_of(const struct sockaddr *sa, struct in6_addr *out)
{
	if (sa == NULL)
		return false;
	if (sa->sa_family == AF_INET) {
		map_v4(&((const struct sockaddr_in *)(const void *)sa)->
		    sin_addr, out);
		return true;
	}
	if (sa->sa_family != AF_INET6)
		return false;
	*out = ((const struct sockaddr_in6 *)(const void *)sa)->sin6_addr;
	return true;
}

/* 127.0.0.0/8 is this host whatever its interfaces list. */
static bool
is_loopback(const struct in6_addr *a)
{
	return IN6_IS_ADDR_LOOPBACK(a) ||
	    (IN6_IS_ADDR_V4MAPPED(a) && a->s6_addr[12] == 127);
}

static bool
is_own(const struct in6_addr *a, const struct ifaddrs *list)
{
	struct in6_addr own;

	for (; list != NULL; list = list->ifa_next)
		if (address_of(list->ifa_addr, &own) &&
		    IN6_ARE_ADDR_EQUAL(&own, a))
			return true;
	return is_loopback(a);
}

bool
run_at_resolve(struct run_at *at, char *why, size_t size)
{
	struct addrinfo	 hints = { .ai_socktype = SOCK_STREAM }, *list, *a;
	struct ifaddrs	*own = NULL;
	int		 rc = getaddrinfo(at->host, NULL, &hints, &list);

	if (rc != 0) {
		snprintf(why, size, T_RUN_NAME, at->host, gai_strerror(rc));
		return false;
	}
	for (a = list; a != NULL && at->count < RUN_ADDRESSES; a = a->ai_next)
		if (address_of(a->ai_addr, &at->address[at->count]))
			at->count++;
	freeaddrinfo(list);
	if (getifaddrs(&own) != 0)
		own = NULL;
	for (size_t i = 0; i < at->count; i++)
		at->is_here = at->is_here || is_own(&at->address[i], own);
	if (own != NULL)
		freeifaddrs(own);
	return true;
}

/* The kernel prints an address as words of 32 bits in its own byte order. */
static bool
address_read(const char *hex, size_t len, struct in6_addr *out)
{
	uint32_t	 word[4];
	char		 one[9] = "";
	struct in_addr	 v4;

	if (len != 8 && len != 32)
		return false;
	for (size_t i = 0; i < len / 8; i++) {
		memcpy(one, hex + 8 * i, 8);
		word[i] = (uint32_t)strtoul(one, NULL, 16);
	}
	if (len == 32) {
		memcpy(out, word, sizeof(*out));
		return true;
	}
	v4.s_addr = word[0];
	map_v4(&v4, out);
	return true;
}

static bool
is_wildcard(const struct in6_addr *a)
{
	return IN6_IS_ADDR_UNSPECIFIED(a) || (IN6_IS_ADDR_V4MAPPED(a) &&
	    memcmp(&a->s6_addr[12], "\0\0\0\0", 4) == 0);
}

bool
run_line_listens(const char *line, const struct run_at *at,
    unsigned long long *inode)
{
	char		 local[33];
	unsigned	 port, state;
	struct in6_addr	 a;

	if (sscanf(line, " %*u: %32[0-9A-F]:%X %*[0-9A-F]:%*X %X %*X:%*X"
	    " %*X:%*X %*X %*u %*u %llu", local, &port, &state, inode) != 4)
		return false;
	if (state != STATE_LISTEN || (int)port != at->port ||
	    !address_read(local, strlen(local), &a))
		return false;
	if (is_wildcard(&a))
		return true;
	for (size_t i = 0; i < at->count; i++)
		if (IN6_ARE_ADDR_EQUAL(&a, &at->address[i]))
			return true;
	return false;
}

unsigned long long
run_listener(const struct run_at *at)
{
	static const char *const tables[] = { "/proc/net/tcp",
		"/proc/net/tcp6" };
	unsigned long long inode;

	for (size_t i = 0; i < LENGTH(tables); i++) {
		AUTO_BUF struct buf	 b = BUF_INIT;
		char			*save = NULL, *line;

		if (!file_read(AT_FDCWD, tables[i], TABLE_MAX, &b, NULL) ||
		    b.len == 0)
			continue;
		for (line = strtok_r(b.data, "\n", &save); line != NULL;
		    line = strtok_r(NULL, "\n", &save))
			if (run_line_listens(line, at, &inode))
				return inode;
	}
	return 0;
}

static bool
holds_socket(pid_t pid, const char *link_text)
{
	AUTO_FREE char	*path = str_format("/proc/%d/fd", (int)pid);
	DIR		*dir = path != NULL ? opendir(path) : NULL;
	struct dirent	*d;
	char		 text[64];
	ssize_t		 n;
	bool		 found = false;

	if (dir == NULL)
		return false;
	while (!found && (d = readdir(dir)) != NULL) {
		n = readlinkat(dirfd(dir), d->d_name, text, sizeof(text) - 1);
		if (n <= 0)
			continue;
		text[n] = '\0';
		found = strcmp(text, link_text) == 0;
	}
	closedir(dir);
	return found;
}

pid_t
run_inode_pid(unsigned long long inode, pid_t hint)
{
	char		 text[64];
	struct dirent	*d;
	int64_t		 n;
	pid_t		 pid = 0;
	DIR		*dir;

	snprintf(text, sizeof(text), "socket:[%llu]", inode);
	if (hint > 0 && holds_socket(hint, text))
		return hint;
	dir = opendir("/proc");
	if (dir == NULL)
		return 0;
	while (pid == 0 && (d = readdir(dir)) != NULL)
		if (str_to_int(d->d_name, 1, INT_MAX, &n) &&
		    holds_socket((pid_t)n, text))
			pid = (pid_t)n;
	closedir(dir);
	return pid;
}

bool
mongo_run_listener(const char *host_port, pid_t hint, pid_t *pid)
{
	struct run_at		 at;
	unsigned long long	 inode;
	char			 why[8];

	*pid = 0;
	if (!run_at_split(host_port, &at) ||
	    !run_at_resolve(&at, why, sizeof(why)) || !at.is_here)
		return false;
	inode = run_listener(&at);
	if (inode != 0)
		*pid = run_inode_pid(inode, hint);
	return inode != 0;
}
