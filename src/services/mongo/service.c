/*
 * The verbs and actions of MongoDB.
 */
#include <unistd.h>

#include "stconsole/mem.h"
#include "stconsole/msg.h"

#include "driver.h"
#include "text.def"

static bool
mongo_status_read(struct ctx *ctx, const json_t *params, json_t **result,
    struct err *e)
{
	/* serve has rights of its own: it connects nowhere for a viewer. */
	if (json_object_get(params, "admin_url_file") != NULL &&
	    ctx->who->uid != getuid() && ctx->who->role < ROLE_OPERATOR)
		return err_set(e, ERR_REFUSED, 0, T_ADMIN_URL_ROLE,
		    role_name(ctx->who->role));
	return mongo_status(ctx, result, e);
}

static const struct verb_param status_params[] = {
	{ .name = "admin_url_file", .type = PARAM_SECRET,
	  .help = "MongoDB URL of an account with clusterMonitor" },
};

static const struct verb verbs[] = {
	{ .name = "mongo.status", .role = ROLE_VIEWER, .risk = RISK_NONE,
	  .help = "Show version, replica set and members of MongoDB",
	  .detail = "The site's account may not read the state of the "
	  "replica set; what it may not know is shown as unknown unless a "
	  "second account is given by --admin-url-file or kept in the "
	  "setting mongo.admin_url.",
	  .params = status_params, .param_count = LENGTH(status_params),
	  .read = mongo_status_read,
	  .schema = "{\"url\":\"string\",\"user\":\"string?\","
	  "\"kind\":\"=standalone|replica_set|sharded\","
	  "\"version\":\"string?\",\"set\":\"string?\","
	  "\"primary\":\"string?\",\"me\":\"string?\","
	  "\"hosts\":[\"string\"],\"wire\":{\"min\":\"int\",\"max\":\"int\"},"
	  "\"fcv\":\"string?\",\"members\":[{\"name\":\"string\","
	  "\"state\":\"string\",\"healthy\":\"bool\",\"lag_s\":\"int?\"},"
	  "\"?\"],"
	  "\"unknown\":{\"*\":\"string\"}}" },
};

const struct service mongo_service = {
	.name = "mongo",
	.verbs = verbs,
	.verb_count = LENGTH(verbs),
	.actions = mongo_actions,
	.action_count = MONGO_ACTIONS,
};
