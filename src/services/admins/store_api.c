#include "stconsole/action.h"
#include "admins.h"
const struct admin_store admin_store_api = { .name = "api" };
const struct action admin_actions[ADMIN_ACTIONS] = { { .name = "admin.api_insert" }, { .name = "admin.api_delete" } };
