/*
 * One container read, so that another can be made like it.  Which member of
 * "inspect" becomes which word of "create" is a table; what is in none of them
 * and would be missed is refused by name.
 */
#include "how_container.h"

#include <stdlib.h>
#include <string.h>

#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "stconsole/msg.h"
#include "stconsole/str.h"

#include "text_how.def"

enum shape { TEXT_OF, WORDS, NUMBER, FLAG, CPUS };

/* Of HostConfig; both engines name them alike. */
static const struct {
	const char	*member, *word;
	enum shape	 shape;
} host_words[] = {
	{ "ExtraHosts", "--add-host", WORDS },
	{ "Dns", "--dns", WORDS },
	{ "DnsSearch", "--dns-search", WORDS },
	{ "CapAdd", "--cap-add", WORDS },
	{ "CapDrop", "--cap-drop", WORDS },
	{ "SecurityOpt", "--security-opt", WORDS },
	{ "GroupAdd", "--group-add", WORDS },
	{ "Memory", "--memory", NUMBER },
	{ "MemorySwap", "--memory-swap", NUMBER },
	{ "NanoCpus", "--cpus", CPUS },
	{ "CpuShares", "--cpu-shares", NUMBER },
	{ "CpusetCpus", "--cpuset-cpus", TEXT_OF },
	{ "Privileged", "--privileged", FLAG },
	{ "ReadonlyRootfs", "--read-only", FLAG },
	{ "Init", "--init", FLAG },
};

/* Rare for a database, and not carried over. */
static const char *const not_carried[] = { "Devices", "Links", "VolumesFrom",
	"DeviceRequests" };

static bool
add(json_t *argv, const char *word)
{
	return json_array_append_new(argv, json_string(word)) == 0;
}

static bool
add_two(json_t *argv, const char *word, const char *value)
{
	return add(argv, word) && add(argv, value);
}

/* ---- HostConfig */

static bool
number_add(json_t *argv, const char *word, int64_t n, enum shape shape)
{
	AUTO_FREE char *text = shape == CPUS ?
	    str_format("%.3f", (double)n / 1e9) :
	    str_format("%lld", (long long)n);

	return n <= 0 || (text != NULL && add_two(argv, word, text));
}

static bool
host_word_add(json_t *argv, const json_t *value, const char *word,
    enum shape shape)
{
	const json_t	*v;
	const char	*text = json_string_value(value);
	size_t		 i;
	bool		 ok = true;

	switch (shape) {
	case TEXT_OF:
		return text == NULL || *text == '\0' ||
		    add_two(argv, word, text);
	case FLAG:
		return !json_is_true(value) || add(argv, word);
	case NUMBER:
	case CPUS:
		return number_add(argv, word, json_integer_value(value),
		    shape);
	case WORDS:
		json_array_foreach(value, i, v)
			ok = ok && add_two(argv, word, json_string_value(v));
	}
	return ok;
}

static bool
host_words_add(json_t *argv, const json_t *host)
{
	bool ok = true;

	for (size_t i = 0; ok && i < LENGTH(host_words); i++)
		ok = host_word_add(argv, json_object_get(host,
		    host_words[i].member), host_words[i].word,
		    host_words[i].shape);
	return ok;
}

static bool
restart_add(json_t *argv, const json_t *host)
{
	const json_t	*policy = json_object_get(host, "RestartPolicy");
	const char	*name = json_text(policy, "Name");
	int64_t		 n = json_int(policy, "MaximumRetryCount", 0);
	AUTO_FREE char	*text = n > 0 ? str_format("%s:%lld", name,
	    (long long)n) : strdup(name);

	return *name == '\0' || strcmp(name, "no") == 0 || (text != NULL &&
	    add_two(argv, "--restart", text));
}

static bool
port_add(json_t *argv, const char *inside, const json_t *binding)
{
	const char	*ip = json_text(binding, "HostIp");
	const char	*port = json_text(binding, "HostPort");
	AUTO_FREE char	*text = *ip == '\0' ? str_format("%s:%s", port,
	    inside) : str_format(strchr(ip, ':') != NULL ? "[%s]:%s:%s" :
	    "%s:%s:%s", ip, port, inside);

	return text != NULL && add_two(argv, "--publish", text);
}

static bool
ports_add(json_t *argv, const json_t *host)
{
	const char	*inside;
	json_t		*list, *b;
	size_t		 i;
	bool		 ok = true;

	json_object_foreach(json_object_get(host, "PortBindings"), inside,
	    list)
		json_array_foreach(list, i, b)
			ok = ok && port_add(argv, inside, b);
	return ok;
}

/* The first network by create; a container in several is refused. */
static bool
network_add(json_t *argv, const json_t *container, struct err *e)
{
	const json_t	*nets = json_object_get(json_object_get(container,
	    "NetworkSettings"), "Networks");
	const char	*mode = json_text(json_object_get(container,
	    "HostConfig"), "NetworkMode"), *name, *ip;
	json_t		*net, *alias;
	size_t		 i;
	bool		 ok;

	if (json_object_size(nets) > 1)
		return err_set(e, ERR_REFUSED, 0, T_HOW_NETWORKS,
		    json_text(container, "Name"));
	if (strcmp(mode, "host") == 0 || str_starts(mode, "container:"))
		return add_two(argv, "--network", mode) || err_nomem(e);
	json_object_foreach((json_t *)(uintptr_t)nets, name, net) {
		/* The default one takes neither address nor alias. */
		if (strcmp(name, "bridge") == 0 || strcmp(name, "podman") == 0)
			continue;
		ok = add_two(argv, "--network", name);
		ip = json_str(json_object_get(net, "IPAMConfig"),
		    "IPv4Address");
		if (ip != NULL && *ip != '\0')
			ok = ok && add_two(argv, "--ip", ip);
		json_array_foreach(json_object_get(net, "Aliases"), i, alias)
			if (!str_starts(json_text(container, "Id"),
			    json_string_value(alias)))
				ok = ok && add_two(argv, "--network-alias",
				    json_string_value(alias));
		if (!ok)
			return err_nomem(e);
	}
	return true;
}

static bool
mount_add(json_t *argv, const json_t *m)
{
	const char	*type = json_text(m, "Type");
	bool		 is_volume = strcmp(type, "volume") == 0;
	const char	*source = json_text(m, is_volume ? "Name" : "Source");
	const char	*mode = json_text(m, "Mode");
	bool		 reads = json_object_get(m, "RW") != NULL &&
	    !json_flag(m, "RW");
	AUTO_FREE char	*text = NULL;

	if (strcmp(type, "tmpfs") == 0)
		return add_two(argv, "--tmpfs", json_text(m, "Destination"));
	/* The label options of SELinux travel in the mode. */
	text = str_format("%s:%s%s%s", source, json_text(m, "Destination"),
	    reads ? ":ro" : "", strcmp(mode, "z") == 0 ||
	    strcmp(mode, "Z") == 0 ? reads ? ",z" : ":z" : "");
	return text != NULL && add_two(argv, "--volume", text);
}

static bool
mounts_add(json_t *argv, const json_t *container)
{
	const json_t	*m;
	size_t		 i;
	bool		 ok = true;

	json_array_foreach(json_object_get(container, "Mounts"), i, m)
		ok = ok && mount_add(argv, m);
	return ok;
}

static bool
ulimits_add(json_t *argv, const json_t *host)
{
	const json_t	*u;
	size_t		 i;
	bool		 ok = true;

	json_array_foreach(json_object_get(host, "Ulimits"), i, u) {
		const char	*name = json_text(u, "Name");
		AUTO_FREE char	*text = NULL;

		/* podman says RLIMIT_NOFILE. */
		text = str_format("%s=%lld:%lld", name,
		    (long long)json_int(u, "Soft", 0),
		    (long long)json_int(u, "Hard", 0));
		for (char *p = text; p != NULL && *p != '='; p++)
			if (*p >= 'A' && *p <= 'Z')
				*p = (char)(*p + 32);
		ok = ok && text != NULL && add_two(argv, "--ulimit", text +
		    (str_starts(text, "rlimit_") ? strlen("rlimit_") : 0));
	}
	return ok;
}

/* ---- Config */

static bool
has_word(const json_t *list, const char *word)
{
	const json_t	*v;
	size_t		 i;

	json_array_foreach(list, i, v)
		if (strcmp(json_string_value(v), word) == 0)
			return true;
	return false;
}

/* What an engine puts there itself. */
static bool
is_engines_own(const char *assignment)
{
	static const char *const names[] = { "container=", "HOSTNAME=",
		"TERM=", "PATH=", "HOME=" };

	for (size_t i = 0; i < LENGTH(names); i++)
		if (str_starts(assignment, names[i]))
			return true;
	return false;
}

bool
how_container_env(const json_t *container, const json_t *image,
    struct buf *out, struct err *e)
{
	const json_t	*mine = json_object_get(json_object_get(container,
	    "Config"), "Env"), *v;
	const json_t	*theirs = json_object_get(json_object_get(image,
	    "Config"), "Env");
	size_t		 i;

	json_array_foreach(mine, i, v) {
		const char *s = json_string_value(v);

		if (s == NULL || has_word(theirs, s) || is_engines_own(s))
			continue;
		if (strchr(s, '\n') != NULL)
			return err_set(e, ERR_REFUSED, 0, T_HOW_ENV_LINES,
			    (int)strcspn(s, "="), s);
		buf_printf(out, "%s\n", s);
	}
	return buf_ok(out, e);
}

static bool
labels_add(json_t *argv, const json_t *mine, const json_t *theirs)
{
	const char	*name;
	json_t		*value;
	bool		 ok = true;

	json_object_foreach((json_t *)(uintptr_t)mine, name, value) {
		AUTO_FREE char *text = str_format("%s=%s", name,
		    json_is_string(value) ? json_string_value(value) : "");

		if (!json_equal(value, json_object_get(theirs, name)))
			ok = ok && text != NULL &&
			    add_two(argv, "--label", text);
	}
	return ok;
}

/* A text member that differs from the image's. */
static bool
text_add(json_t *argv, const json_t *mine, const json_t *theirs,
    const char *member, const char *word)
{
	const char *value = json_text(mine, member);

	return *value == '\0' || strcmp(value, json_text(theirs, member)) ==
	    0 || add_two(argv, word, value);
}

static bool
config_add(json_t *argv, const json_t *container, const json_t *image)
{
	const json_t	*mine = json_object_get(container, "Config");
	const json_t	*theirs = json_object_get(image, "Config");
	const char	*host = json_text(mine, "Hostname");

	return text_add(argv, mine, theirs, "User", "--user") &&
	    text_add(argv, mine, theirs, "WorkingDir", "--workdir") &&
	    labels_add(argv, json_object_get(mine, "Labels"),
	    json_object_get(theirs, "Labels")) && (*host == '\0' ||
	    str_starts(json_text(container, "Id"), host) ||
	    add_two(argv, "--hostname", host));
}

/* Entry point: a list, or podman's one text. */
static json_t *
list_of(const json_t *value)
{
	if (json_is_string(value) && *json_string_value(value) != '\0')
		return json_pack("[s]", json_string_value(value));
	return json_is_array(value) ? json_deep_copy(value) : json_array();
}

/* The image, and behind it the words that are not the image's own. */
static bool
tail_add(json_t *argv, const json_t *container, const json_t *image,
    const char *new_image)
{
	const json_t	*mine = json_object_get(container, "Config");
	const json_t	*theirs = json_object_get(image, "Config");
	AUTO_JSON json_t *entry = list_of(json_object_get(mine,
	    "Entrypoint"));
	AUTO_JSON json_t *base = list_of(json_object_get(theirs,
	    "Entrypoint"));
	const json_t	*cmd = json_object_get(mine, "Cmd"), *v;
	bool		 own_entry = !json_equal(entry, base) &&
	    json_array_size(entry) > 0, ok = true;
	size_t		 i;

	if (own_entry)
		ok = add_two(argv, "--entrypoint", json_string_value(
		    json_array_get(entry, 0)));
	ok = ok && add(argv, new_image);
	json_array_foreach(entry, i, v)
		if (own_entry && i > 0)
			ok = ok && add(argv, json_string_value(v));
	if (own_entry || !json_equal(cmd, json_object_get(theirs, "Cmd")))
		json_array_foreach(cmd, i, v)
			ok = ok && add(argv, json_string_value(v));
	return ok;
}

json_t *
how_container_create(const char *engine, const json_t *container,
    const json_t *image, const char *name, const char *new_image,
    struct err *e)
{
	const json_t		*host = json_object_get(container,
	    "HostConfig");
	AUTO_JSON json_t	*argv = json_pack("[s,s,s,s,s,s]", engine,
	    "create", "--name", name, "--env-file", HOW_ENV_FILE);
	size_t			 i;

	for (i = 0; i < LENGTH(not_carried); i++)
		if (json_array_size(json_object_get(host, not_carried[i])) >
		    0) {
			err_set(e, ERR_REFUSED, 0, T_HOW_NOT_CARRIED, name,
			    not_carried[i]);
			return NULL;
		}
	if (argv == NULL || !network_add(argv, container, e))
		return NULL;
	if (!restart_add(argv, host) || !ports_add(argv, host) ||
	    !mounts_add(argv, container) || !host_words_add(argv, host) ||
	    !ulimits_add(argv, host) || !config_add(argv, container, image) ||
	    !tail_add(argv, container, image, new_image)) {
		err_nomem(e);
		return NULL;
	}
	return TAKE(argv);
}
