/*
 * Options as argv words.  mongod takes --name value, --name=value and a
 * single dash as well.
 */
#include "how_options.h"

#include <string.h>
#include <strings.h>

#include "stconsole/mem.h"
#include "stconsole/mongo_version.h"
#include "stconsole/str.h"

/* facts: mongodb.md 1.4 and mongodb-real.md E; SNMP and journal by the
 * release notes of 7.0, the side collection by those of 8.0. */
const struct how_option how_removed[] = {
	{ .path = "net.serviceExecutor", .word = "serviceExecutor",
	  .has_value = true, .since = "5.0" },
	{ .parameter = "shouldMultiDocTxnCreateCollectionAndIndexes",
	  .since = "5.0" },
	{ .path = "cloud.monitoring.free.state",
	  .word = "enableFreeMonitoring", .has_value = true,
	  .since = "6.0" },
	{ .path = "cloud.monitoring.free.tags", .word = "freeMonitoringTag",
	  .has_value = true, .since = "6.0" },
	{ .path = "storage.journal.enabled", .word = "journal",
	  .since = "7.0" },
	{ .word = "nojournal", .since = "7.0" },
	{ .word = "dur", .since = "7.0" },
	{ .word = "nodur", .since = "7.0" },
	{ .path = "snmp", .since = "7.0" },
	{ .word = "snmp-subagent", .since = "7.0" },
	{ .word = "snmp-master", .since = "7.0" },
	{ .parameter = "storeFindAndModifyImagesInSideCollection",
	  .since = "8.0" },
};
const size_t how_removed_count = LENGTH(how_removed);

const struct how_option how_places[] = {
	{ .path = "storage.dbPath", .word = "dbpath", .has_value = true },
	{ .path = "storage.wiredTiger.engineConfig.cacheSizeGB",
	  .word = "wiredTigerCacheSizeGB", .has_value = true },
	{ .path = "net.port", .word = "port", .has_value = true },
	{ .path = "net.bindIp", .word = "bind_ip", .has_value = true },
	{ .path = "net.bindIpAll", .word = "bind_ip_all" },
	{ .path = "net.unixDomainSocket", .word = "nounixsocket" },
	{ .word = "unixSocketPrefix", .has_value = true },
	{ .word = "filePermissions", .has_value = true },
	{ .path = "systemLog.destination", .word = "syslog" },
	{ .path = "systemLog.path", .word = "logpath", .has_value = true },
	{ .path = "systemLog.logAppend", .word = "logappend" },
	{ .path = "systemLog.logRotate", .word = "logRotate",
	  .has_value = true },
	{ .path = "systemLog.syslogFacility", .word = "syslogFacility",
	  .has_value = true },
	{ .path = "processManagement.fork", .word = "fork" },
	{ .path = "processManagement.pidFilePath", .word = "pidfilepath",
	  .has_value = true },
	{ .path = "auditLog" },
	{ .word = "auditDestination", .has_value = true },
	{ .word = "auditFormat", .has_value = true },
	{ .word = "auditPath", .has_value = true },
	{ .word = "auditFilter", .has_value = true },
	{ .path = "config", .word = "config", .has_value = true },
	{ .word = "f", .has_value = true },
	{ .parameter = "diagnosticDataCollectionDirectoryPath" },
};
const size_t how_places_count = LENGTH(how_places);

/* The name in "--name=value", its length in *len; NULL: no option. */
static const char *
name_of(const char *word, size_t *len)
{
	if (word[0] != '-' || word[1] == '\0')
		return NULL;
	word += word[1] == '-' ? 2 : 1;
	*len = strcspn(word, "=");
	return *len > 0 ? word : NULL;
}

static bool
is_word(const char *word, const char *name)
{
	size_t		 len = 0;
	const char	*found = name_of(word, &len);

	return found != NULL && name != NULL && strlen(name) == len &&
	    memcmp(found, name, len) == 0;
}

/* What stands behind the name: in the word itself or in the next one. */
static const char *
value_at(const json_t *argv, size_t i)
{
	const char *eq = strchr(json_string_value(json_array_get(argv, i)),
	    '=');

	return eq != NULL ? eq + 1 :
	    json_string_value(json_array_get(argv, i + 1));
}

static bool
is_parameter(const char *value, const char *name)
{
	size_t len = strlen(name);

	return value != NULL && strncmp(value, name, len) == 0 &&
	    value[len] == '=';
}

/* How many words of argv at i this option takes; 0: it is another one. */
static size_t
option_len(const struct how_option *o, const json_t *argv, size_t i)
{
	const char	*word = json_string_value(json_array_get(argv, i));
	bool		 has_value;

	if (o->parameter != NULL) {
		if (!is_word(word, "setParameter") ||
		    !is_parameter(value_at(argv, i), o->parameter))
			return 0;
		has_value = true;
	} else {
		if (!is_word(word, o->word))
			return 0;
		has_value = o->has_value;
	}
	return has_value && strchr(word, '=') == NULL ? 2 : 1;
}

/* The option of the list that stands at i, NULL: none of it. */
static const struct how_option *
option_at(const struct how_options *o, const json_t *argv, size_t i,
    size_t *len)
{
	for (size_t k = 0; k < o->count; k++) {
		if (o->list[k].since != NULL && mongo_version_compare(
		    o->list[k].since, o->major) > 0)
			continue;
		*len = option_len(&o->list[k], argv, i);
		if (*len > 0)
			return &o->list[k];
	}
	return NULL;
}

json_t *
how_argv_without(const json_t *argv, const struct how_options *o,
    json_t *dropped)
{
	AUTO_JSON json_t	*out = json_array();
	size_t			 i = 0, n = json_array_size(argv), len = 1;
	const struct how_option	*found;
	json_t			*word;

	for (; out != NULL && i < n; i += len) {
		found = i == 0 ? NULL : option_at(o, argv, i, &len);
		if (found != NULL) {
			if (dropped != NULL)
				json_array_append_new(dropped, json_string(
				    found->parameter != NULL ?
				    found->parameter : found->word));
			continue;
		}
		len = 1;
		word = json_array_get(argv, i);
		if (json_array_append(out, word) < 0)
			return NULL;
	}
	return TAKE(out);
}

const char *
how_argv_value(const json_t *argv, const char *word)
{
	const json_t	*w;
	size_t		 i;

	json_array_foreach(argv, i, w)
		if (i > 0 && is_word(json_string_value(w), word))
			return value_at(argv, i);
	return NULL;
}

const char *
how_argv_config(const json_t *argv)
{
	const char *file = how_argv_value(argv, "config");

	return file != NULL ? file : how_argv_value(argv, "f");
}

/* The server writes x over what such an option says. */
bool
how_argv_has_password(const json_t *argv)
{
	const json_t	*w;
	const char	*name;
	size_t		 i, len;

	json_array_foreach(argv, i, w) {
		name = i > 0 ? name_of(json_string_value(w), &len) : NULL;
		if (name == NULL)
			continue;
		if (len >= 8 && strncasecmp(name + len - 8, "password", 8) ==
		    0)
			return true;
	}
	return false;
}
