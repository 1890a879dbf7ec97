/*
 * Puts the parts together: which services there are, and which front end
 * runs.  The only place that knows them all.
 */
#include <signal.h>
#include <stdio.h>

#include "stconsole/secret.h"
#include "stconsole/verb.h"

static const struct service *const services[] = {
	&core_service, &undo_service, &settings_service
};

int
main(void)
{
	static const struct registry registry = {
		services, sizeof(services) / sizeof(services[0])
	};

	secret_protect_process();
	signal(SIGPIPE, SIG_IGN);
	printf("stconsole " STCONSOLE_VERSION ", %zu services\n",
	    registry.count);
	return 0;
}
