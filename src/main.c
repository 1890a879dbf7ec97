/*
 * Puts the parts together: which services there are and what the front end
 * needs of the site.  The only place that knows them all.
 */
#include "stconsole/cli.h"
#include "stconsole/directory.h"
#include "stconsole/mem.h"
#include "stconsole/msg.h"
#include "stconsole/secret.h"
#include "stconsole/site.h"

static const struct service *const services[] = {
	&core_service, &undo_service, &settings_service
};

static const struct registry registry = { services, LENGTH(services) };

static const struct cli_hooks hooks = { NULL, NULL, NULL };

int
main(int argc, char **argv)
{
	secret_protect_process();
	return cli_main(argc, argv, &registry, &hooks);
}
