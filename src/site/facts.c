/*
 * The facts that site.show prints: one row for each that stands in a file,
 * one function for each that has to be worked out.  Names of keys, and in
 * which file each belongs, are those of HCL's guide (facts 4.1-4.10, 5, 6).
 */
#include "site_private.h"

#include <stdlib.h>
#include <string.h>

#include "stconsole/file.h"
#include "stconsole/mem.h"
#include "stconsole/str.h"

#define TRAEFIK		"traefik-windows-amd64"
#define DYNAMIC		TRAEFIK "/conf/dynamic"
#define TRAEFIK_KEYS	TRAEFIK "/conf/keys"
#define FACTS_MAX	96

struct fact_row {
	const char	*name;
	const char	*file;		/* where it belongs, not for Helm */
	const char	*key;
	const char	*helm;		/* Helm value, NULL: not there */
	const char	*ini;		/* Windows: of sametime.ini, or NULL */
};

static const struct fact_row rows[] = {
	{ "public_url", "custom.env", "PUBLIC_URL", NULL, NULL },
	{ "http_port", ".env", "HTTP_PORT", NULL, NULL },
	{ "https_port", ".env", "HTTPS_PORT", NULL, NULL },
	{ "http_redirect", ".env", "ENABLE_HTTP_REDIRECT", NULL, NULL },
	{ "config_folder", ".env", "CONFIG", NULL, NULL },
	{ "time_zone", ".env", "TZ", NULL, NULL },
	{ "compose_profiles", ".env", "COMPOSE_PROFILES", NULL, NULL },
	{ "docker_host_address", "custom.env", "DOCKER_HOST_ADDRESS", NULL,
	  NULL },
	{ "jvb_port", ".env", "JVB_PORT", NULL, NULL },
	{ "jvb_tcp_port", ".env", "JVB_TCP_PORT", NULL, NULL },
	{ "jvb_tcp_harvester_disabled", ".env", "JVB_TCP_HARVESTER_DISABLED",
	  "jvbTcpHarvesterDisabled", NULL },
	{ "jvb_stun_servers", ".env", "JVB_STUN_SERVERS", "jvbStunServers",
	  NULL },
	{ "turn_enabled", "custom.env", "TURN_ENABLE", "turnEnable", NULL },
	{ "turn_host", "custom.env", "TURN_HOST", "turnHost", NULL },
	{ "turn_port", "custom.env", "TURN_PORT", "turnPort", NULL },
	{ "turn_transport", "custom.env", "TURN_TRANSPORT", "turnTransport",
	  NULL },
	{ "global_modules", ".env", "GLOBAL_MODULES", "globalModules", NULL },
	{ "max_occupants", "", "MAX_OCCUPANTS", "MaxOccupants", NULL },
	{ "recording_enabled", ".env", "ENABLE_RECORDING", "enableRecording",
	  NULL },
	{ "recordings_expire_days", ".env", "EXPIRES_IN_DAYS",
	  "recordingsExpireInDays", NULL },
	{ "files_expire_days", "custom.env", "FILES_EXPIRE_IN_DAYS",
	  "filesExpireInDays", NULL },
	{ "guest_login", ".env", "REACT_APP_ALLOW_GUEST_LOGIN",
	  "REACT_APP_ALLOW_GUEST_LOGIN", NULL },
	{ "transcriptions_enabled", ".env", "ENABLE_TRANSCRIPTIONS",
	  "enableTranscription", NULL },
	{ "lets_encrypt", ".env", "ENABLE_LETSENCRYPT", NULL, NULL },
	{ "lets_encrypt_domain", ".env", "LETSENCRYPT_DOMAIN", NULL, NULL },
	{ "lets_encrypt_staging", ".env", "LETSENCRYPT_USE_STAGING", NULL,
	  NULL },
	{ "ltpa_enabled", ".env", "ENABLE_LTPA", "enableLtpa", NULL },
	{ "auth_tokens", "custom.env", "STI__ST_BB_NAMES__ST_AUTH_TOKEN",
	  NULL, "ST_BB_NAMES/ST_AUTH_TOKEN" },
	{ "saml_idp_url", "custom.env", "IDP_URL", "idpUrl", NULL },
	{ "oidc_enabled", "custom.env", "STCONF_ISOIDC", NULL, NULL },
	{ "oidc_issuer", "custom.env", "OIDC_ISSUER_URI", NULL, NULL },
	{ "community_id", "custom.env", "STI__Config__ST_COMMUNITY_ID", NULL,
	  "Config/ST_COMMUNITY_ID" },
	{ "monitoring_enabled", "custom.env", "MONITORING_ENABLED", NULL,
	  NULL },
	{ "chat_history_days", "custom.env",
	  "CLI__ChatLogging__CL_MONGO_HISTORY_TTL", NULL, NULL },
	{ "cors_allowed_origins", "custom.env", "CORS_ALLOWED_ORIGINS",
	  "corsAllowedOrigins", NULL },
	{ "community_servers", "", "", "numberOfCommunityServers", NULL },
	{ "image_registry", "", "", "hclImageRegistry", NULL },
	{ "mongo_secret", "", "", "mongoSecret", NULL },
};

/* ---- settings */

static char *
env_value(const struct site *site, const char *file, const char *name,
    struct site_origin *origin)
{
	const char *value;

	if (strcmp(file, ".env") == 0 && site->compose != NULL)
		return site_dotenv(site, name, origin);
	value = site_file_value(site, file, name, origin);
	if (value == NULL)
		return NULL;
	return site->compose != NULL ? site_interpolate(site, value, true) :
	    strdup(value);
}

char *
site_setting(const struct site *site, const char *preferred, const char *name,
    struct site_origin *origin)
{
	char *value = NULL;

	if (*name == '\0')
		return NULL;
	if (*preferred != '\0')
		value = env_value(site, preferred, name, origin);
	for (size_t i = site->file_count; value == NULL && i > 0; i--)
		if (str_ends(site->files[i - 1].path, ".env"))
			value = env_value(site, site->files[i - 1].path, name,
			    origin);
	if (value != NULL)
		return value;
	value = site_service_env(site, NULL, name, origin);
	/* "NAME: ${NAME}" of a variable that is not set says nothing. */
	if (value != NULL && *value == '\0')
		free(TAKE(value));
	return value;
}

/* ---- the list */

/*
 * Takes value.  What others wrote is shown without control characters and,
 * when the name or the value says so, without its secret.
 */
static bool
fact_put(struct site *site, const char *name, const char *key, char *value,
    const struct site_origin *origin, struct err *e)
{
	struct site_fact_value *f = &site->facts[site->fact_count];

	if (value == NULL)
		return err_nomem(e);
	*f = (struct site_fact_value){ name, site_value_mask(key, value),
	    *origin, NULL };
	explicit_bzero(value, strlen(value));
	free(value);
	if (f->value == NULL)
		return err_nomem(e);
	site->fact_count++;
	return true;
}

/*
 * By which key config.set reaches a fact: known where the file is one of
 * names and values.
 */
static const char *
row_key(const struct fact_row *row, const struct site_origin *origin)
{
	if (origin->file == NULL)
		return NULL;
	if (str_ends(origin->file, ".env"))
		return row->key;
	return str_ends(origin->file, ".ini") ? row->ini : NULL;
}

static bool
row_read(struct site *site, const struct fact_row *row, struct err *e)
{
	struct site_origin	 origin = { NULL, 0 };
	const char		*found = NULL;
	char			*value = NULL;

	if (site->kind == SITE_KUBERNETES && row->helm != NULL)
		found = site_helm_value(site, row->helm, &origin);
	else if (site->kind == SITE_WINDOWS && row->ini != NULL)
		found = site_file_value(site, "sametime.ini", row->ini,
		    &origin);
	if (found != NULL)
		value = strdup(found);
	else if (site->kind != SITE_KUBERNETES)
		value = site_setting(site, row->file, row->key, &origin);
	else
		return true;
	if (found == NULL && value == NULL)
		return true;
	if (!fact_put(site, row->name, row->key, value, &origin, e))
		return false;
	site->facts[site->fact_count - 1].key = row_key(row, &origin);
	return true;
}

/* ---- facts that are worked out */

/* The tag of the chat server's image, else of the first of HCL's. */
static char *
image_tag(const struct site *site, struct site_origin *origin)
{
	const struct site_service_info	*from = NULL;
	const char			*tag;

	for (size_t i = 0; i < site->service_count; i++) {
		const struct site_service_info *s = &site->services[i];

		if (strstr(s->image, "st/chat-server") != NULL ||
		    (from == NULL && strstr(s->image, "st/") != NULL))
			from = s;
	}
	tag = from == NULL ? NULL : strrchr(from->image, ':');
	if (tag == NULL || strchr(tag, '/') != NULL || strchr(tag, '$'))
		return NULL;
	*origin = (struct site_origin){ from->file, from->line };
	return strdup(tag + 1);
}

static bool
version_read(struct site *site, struct err *e)
{
	struct site_origin	 origin = { NULL, 0 };
	const char		*found = NULL;
	char			*value = NULL;

	if (site->chart != NULL) {
		const char *file = strcmp(site->chart, ".") == 0 ?
		    "Chart.yaml" : "helm/Chart.yaml";

		found = site_file_value(site, file, "appVersion", &origin);
		if (found == NULL)
			found = site_file_value(site, file, "version",
			    &origin);
		value = found != NULL ? strdup(found) : NULL;
	} else if (site->compose != NULL) {
		value = image_tag(site, &origin);
		if (value == NULL)
			value = site_setting(site, ".env", "BUILD_LEVEL",
			    &origin);
		else if (site_file_value(site, ".env", "BUILD_LEVEL", NULL))
			(void)site_file_value(site, ".env", "BUILD_LEVEL",
			    &origin);
	}
	return value == NULL ||
	    fact_put(site, "version", "", value, &origin, e);
}

static bool
mongo_read(struct site *site, struct err *e)
{
	AUTO_SECRET struct secret *url = NULL;
	struct site_origin	 origin = { NULL, 0 };
	struct err		 why = { 0 };

	if (!site_mongo_url(site, &url, &origin, &why))
		return why.domain != ERR_NOMEM || err_copy(e, &why);
	return fact_put(site, "mongo_url", "MONGO_URL",
	    strdup(secret_reveal(url)), &origin, e);
}

static bool
ldap_facts_read(struct site *site, struct err *e)
{
	const struct site_ldap *s = site->ldap;

	if (site->ldap_count == 0)
		return true;
	return fact_put(site, "ldap_host", "", strdup(s->host), &s->origin,
	    e) && fact_put(site, "ldap_port", "", str_format("%d", s->port),
	    &s->origin, e) && fact_put(site, "ldap_tls", "",
	    strdup(s->use_ldaps ? "true" : "false"), &s->origin, e) &&
	    fact_put(site, "ldap_base", "", strdup(s->base), &s->origin, e) &&
	    fact_put(site, "ldap_bind_dn", "", strdup(s->bind_dn), &s->origin,
	    e) && fact_put(site, "ldap_servers", "",
	    str_format("%zu", site->ldap_count), &s->origin, e);
}

/*
 * A file of the TLS pair, as a path relative to the root.  What names it is
 * the origin; a file that lies where HCL's layout puts it is its own origin.
 */
static bool
tls_put(struct site *site, const char *name, char *path, struct err *e)
{
	struct site_fact_value *f = &site->facts[site->fact_count];

	if (path == NULL)
		return err_nomem(e);
	str_strip_control(path);
	*f = (struct site_fact_value){ name, path, { path, 0 }, NULL };
	site->fact_count++;
	return true;
}

/* The first of the files that exists becomes the fact. */
static bool
tls_first(struct site *site, const char *name, const char *folder,
    const char *const *files, struct err *e)
{
	for (; *files != NULL; files++) {
		AUTO_FREE char *path = str_format("%s/%s", folder, *files);

		if (path == NULL)
			return err_nomem(e);
		if (file_exists(site->root_fd, path))
			return tls_put(site, name, TAKE(path), e);
	}
	return true;
}

static bool
pair_read(struct site *site, const char *folder, struct err *e)
{
	static const char *const certificates[] = {
		"fullchain.pem", "cert.crt", NULL
	};
	/* The log of acme.sh says key.pem, HCL's page privkey.pem. */
	static const char *const keys[] = {
		"key.pem", "privkey.pem", "cert.key", NULL
	};

	return tls_first(site, "tls_certificate", folder, certificates, e) &&
	    tls_first(site, "tls_key", folder, keys, e);
}

/* CONFIG relative to the root, "sametime-config" when nothing says. */
static char *
config_folder(const struct site *site)
{
	AUTO_FREE char	*value = site_dotenv(site, "CONFIG", NULL);
	const char	*p = value;
	size_t		 n = strlen(site->root);

	if (p == NULL || *p == '\0')
		return strdup("sametime-config");
	if (strncmp(p, site->root, n) == 0 && p[n] == '/')
		p += n + 1;
	while (str_starts(p, "./"))
		p += 2;
	value[strlen(value) - (str_ends(p, "/") ? 1 : 0)] = '\0';
	return strdup(*p != '\0' ? p : ".");
}

static bool
compose_tls_read(struct site *site, struct err *e)
{
	AUTO_FREE char	*config = config_folder(site);
	AUTO_FREE char	*enabled = site_setting(site, ".env",
	    "ENABLE_LETSENCRYPT", NULL);
	AUTO_FREE char	*domain = site_setting(site, ".env",
	    "LETSENCRYPT_DOMAIN", NULL);
	AUTO_FREE char	*folder = NULL;

	if (config == NULL)
		return err_nomem(e);
	if (enabled != NULL && domain != NULL && *domain != '\0' &&
	    strchr(domain, '/') == NULL && (strcmp(enabled, "1") == 0 ||
	    str_equal_nocase(enabled, "true")))
		folder = str_format("%s/web/acme-certs/%s", config, domain);
	else
		folder = str_format("%s/web/keys", config);
	return folder != NULL ? pair_read(site, folder, e) : err_nomem(e);
}

/*
 * A file that Traefik names, relative to the root: Traefik starts in its own
 * folder, and an absolute path is one of the Windows program folder.
 */
static char *
traefik_path(const struct site *site, const char *named)
{
	AUTO_FREE char	*inside = str_format(TRAEFIK "/%s", named);
	AUTO_FREE char	*here = NULL;
	size_t		 n = strlen(site->root);

	if (inside == NULL)
		return NULL;
	for (char *p = inside; *p != '\0'; p++)
		if (*p == '\\')
			*p = '/';
	if (file_exists(site->root_fd, inside))
		return TAKE(inside);
	here = site_path_here(site, named);
	if (here != NULL && strncmp(here, site->root, n) == 0 &&
	    here[n] == '/')
		return strdup(here + n + 1);
	return strdup(named);
}

/* Traefik's dynamic file names the pair; both spellings of it are printed. */
static bool
windows_tls_read(struct site *site, struct err *e)
{
	static const char *const files[] = {
		DYNAMIC ".yml", DYNAMIC ".yaml"
	};
	static const struct {
		const char *name, *path;
	} places[] = {
		{ "tls_certificate", "tls.certificates[0].certFile" },
		{ "tls_key", "tls.certificates[0].keyFile" },
	};
	size_t had = site->fact_count;

	for (size_t i = 0; i < LENGTH(files) * LENGTH(places); i++) {
		const char		*file = files[i / LENGTH(places)];
		struct site_origin	 origin;
		const char		*value = site_file_value(site, file,
		    places[i % LENGTH(places)].path, &origin);

		if (value != NULL && !fact_put(site,
		    places[i % LENGTH(places)].name, "",
		    traefik_path(site, value), &origin, e))
			return false;
	}
	return site->fact_count != had ||
	    pair_read(site, TRAEFIK_KEYS, e);
}

bool
site_facts_read(struct site *site, struct err *e)
{
	_Static_assert(LENGTH(rows) + 16 < FACTS_MAX, "room for the facts");

	site->facts = calloc(FACTS_MAX, sizeof(*site->facts));
	if (site->facts == NULL)
		return err_nomem(e);
	if (!version_read(site, e))
		return false;
	for (size_t i = 0; i < LENGTH(rows); i++)
		if (!row_read(site, &rows[i], e))
			return false;
	if (!mongo_read(site, e) || !ldap_facts_read(site, e))
		return false;
	if (site->compose != NULL)
		return compose_tls_read(site, e);
	return site->kind != SITE_WINDOWS || windows_tls_read(site, e);
}

const char *
site_fact(const struct site *site, const char *name,
    struct site_origin *origin)
{
	for (size_t i = 0; i < site->fact_count; i++) {
		const struct site_fact_value *f = &site->facts[i];

		if (strcmp(f->name, name) != 0)
			continue;
		if (origin != NULL)
			*origin = f->origin;
		return f->value;
	}
	return NULL;
}
