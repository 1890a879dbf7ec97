/*
 * The addresses by which somebody can reach this host: not its own loop, not
 * those of one link, not the bridges of its containers.
 */
#include "parts.h"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <string.h>

#include "stconsole/mem.h"
#include "stconsole/msg.h"
#include "stconsole/str.h"

#include "text.def"

#define ADDRESSES_MAX	4

static bool
is_inside(const char *name)
{
	static const char *const begins[] = { "docker", "br-", "veth", "cni",
	    "virbr", "podman", "flannel", "cali", "lxc" };
	size_t i;

	for (i = 0; i < LENGTH(begins); i++)
		if (str_starts(name, begins[i]))
			return true;
	return false;
}

/* "" for one that is of no use from outside. */
static void
address_text(const struct ifaddrs *a, int family, char *out, size_t size)
{
	const struct sockaddr_in	*v4 = (const void *)a->ifa_addr;
	const struct sockaddr_in6	*v6 = (const void *)a->ifa_addr;

	out[0] = '\0';
	if (a->ifa_addr == NULL || a->ifa_addr->sa_family != family ||
	    (a->ifa_flags & IFF_UP) == 0 ||
	    (a->ifa_flags & IFF_LOOPBACK) != 0 || is_inside(a->ifa_name))
		return;
	if (family == AF_INET6 && IN6_IS_ADDR_LINKLOCAL(&v6->sin6_addr))
		return;
	(void)inet_ntop(family, family == AF_INET ?
	    (const void *)&v4->sin_addr : (const void *)&v6->sin6_addr, out,
	    (socklen_t)size);
}

bool
banner_addresses(struct buf *out, struct err *e)
{
	static const int	 families[] = { AF_INET, AF_INET6 };
	struct ifaddrs		*all, *a;
	char			 text[INET6_ADDRSTRLEN];
	size_t			 i, n = 0;

	if (getifaddrs(&all) != 0)
		return err_sys(e, T_BANNER_ADDRESSES);
	for (i = 0; i < LENGTH(families); i++)
		for (a = all; a != NULL && n < ADDRESSES_MAX;
		    a = a->ifa_next) {
			address_text(a, families[i], text, sizeof(text));
			if (text[0] == '\0')
				continue;
			buf_printf(out, "%s%s", n > 0 ? "  " : "", text);
			n++;
		}
	freeifaddrs(all);
	return buf_ok(out, e);
}
