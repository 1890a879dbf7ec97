/*
 * Does the directory let us in, and how fast?
 */
#include "doctor.h"

#include "stconsole/directory.h"
#include "stconsole/msg.h"

#include "text.def"

void
check_directory(const struct probe *p, struct finding *f)
{
	AUTO_DIRECTORY struct directory *d = NULL;
	const struct site_ldap	*servers;
	size_t			 count;
	int64_t			 start_ms = clock_mono_ms(p->ctx->clock);
	struct err		 why;

	if (!site_ldap_servers(p->site, &servers, &count, &why)) {
		finding_err(f, MARK_UNKNOWN, &why);
		return;
	}
	finding_set(f, MARK_UNKNOWN, T_DIRECTORY, servers[0].host,
	    servers[0].port);
	/* Two servers that hang fit into the time, and are named. */
	if (!directory_open_within(p->ctx, p->limit_ms * 2 / 5, &d, &why)) {
		finding_err(f, MARK_FAIL, &why);
		return;
	}
	finding_set(f, MARK_OK, T_DIRECTORY_MS, servers[0].host,
	    servers[0].port, (long long)(clock_mono_ms(p->ctx->clock) -
	    start_ms));
	if (!directory_is_complete(d, &why))
		finding_err(f, MARK_WARN, &why);
}
