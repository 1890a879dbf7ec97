/*
 * The list of services.  A new one is one line here.
 */
#include "stconsole/all.h"

#include "stconsole/admins.h"
#include "stconsole/banner.h"
#include "stconsole/directory.h"
#include "stconsole/doctor.h"
#include "stconsole/dump.h"
#include "stconsole/mem.h"
#include "stconsole/mongo.h"
#include "stconsole/move.h"
#include "stconsole/prepare.h"
#include "stconsole/setup.h"
#include "stconsole/site.h"
#include "stconsole/support.h"
#include "stconsole/upgrade.h"

static const struct service *const services[] = {
	&core_service, &undo_service, &settings_service, &about_service,
	&site_service, &site_daily_service, &snapshot_service,
	&directory_service, &mongo_service, &mongo_status_service,
	&admins_service, &doctor_service,
	&setup_service, &support_service, &banner_service,
	&check_service, &upgrade_service, &dump_service, &move_service,
	&prepare_service
};

const struct registry all_registry = { services, LENGTH(services) };
