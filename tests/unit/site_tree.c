/* Folders of small files for the tests of src/site. */
#include "site_tree.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "stconsole/file.h"
#include "stconsole/mem.h"
#include "stconsole/str.h"

static const char compose_text[] =
    "# Copyright HCL; keep this comment\n"
    "services:\n"
    "  community:\n"
    "    image: registry.corp.test/st/chat-server:${BUILD_LEVEL}\n"
    "    restart: ${RESTART_POLICY:-always}\n"
    "    env_file: custom.env\n"
    "    environment:\n"
    "      - JWT_SECRET_ENV=${JWT_APP_SECRET}\n"
    "    volumes:\n"
    "      - ./StCommunityConfig.xml:/local/notesdata/"
    "StCommunityConfig.xml:Z\n"
    "      - ./ldaptruststore.p12:/local/notesdata/ldaptruststore.p12:Z\n"
    "      - ./tls:/local/tls:ro\n"
    "  nginx:\n"
    "    image: registry.corp.test/st/meetings-web:${BUILD_LEVEL}\n"
    "    ports:\n"
    "      - '${HTTP_PORT}:80'\n"
    "      - '${HTTPS_PORT}:443'\n"
    "    env_file:\n"
    "      - custom.env\n"
    "    environment:\n"
    "      ENABLE_LETSENCRYPT:\n"
    "      LETSENCRYPT_DOMAIN: ${LETSENCRYPT_DOMAIN}\n"
    "    volumes:\n"
    "      - ${CONFIG}/web:/config:Z\n"
    "  prosody:\n"
    "    image: registry.corp.test/st/meetings-prosody:${BUILD_LEVEL}\n"
    "    environment:\n"
    "      - MAX_OCCUPANTS=100\n";

static const char dotenv_text[] =
    "BUILD_LEVEL=12.0.2-FP2\n"
    "CONFIG=./sametime-config\n"
    "HTTP_PORT=8000\n"
    "HTTPS_PORT=443\n"
    "#LETSENCRYPT_DOMAIN=meet.example.com\n"
    "JWT_APP_SECRET=c2VjcmV0\n"
    "COMPOSE_PROFILES=monitoring\n";

static const char custom_text[] =
    "PUBLIC_URL=https://chat.corp.test\n"
    "MONGO_URL=mongodb://old:old@mongo0.corp.test/\n"
    "MONGO_URL=mongodb://sametimeUser:p%40ss@mongo1.corp.test:27017,"
    "mongo2.corp.test:27017/?replicaSet=rs0&tls=true"
    "&tlsCAFile=/local/tls/ca.pem\n"
    "STI__Config__STLDAP_TLS_TRUST_STORE_FILE="
    "/local/notesdata/ldaptruststore.p12\n"
    "STI__Config__STLDAP_TLS_TRUST_STORE_PASSWORD=changeit\n";

static const char community_text[] =
    "<?xml version=\"1.0\"?>\n"
    "<StCommunityConfig>\n"
    " <LDAP>\n"
    "  <Connection HostName=\"ldap2.corp.test\" Port=\"1389\"\n"
    "    SSLEnabled=\"0\" SearchOrder=\"2\" BindEntryDn=\"\"\n"
    "    BindEntryPassword=\"\"/>\n"
    "  <Connection Hostname=\"ldap1.corp.test\" Port=\"389\"\n"
    "    SSLEnabled=\"1\" SSLPort=\"636\" SearchOrder=\"1\"\n"
    "    BindEntryDn=\"cn=bind,o=corp\" BindEntryPwd=\"geheim\"\n"
    "    PersonResolveBase=\"ou=people,o=corp\"\n"
    "    PersonResolveFilter=\"(&amp;(objectclass=person)(cn=%s*))\"\n"
    "    EmailAttribute=\"mail\"/>\n"
    " </LDAP>\n"
    "</StCommunityConfig>\n";

void
site_tree_make(struct site_tree *t)
{
	snprintf(t->dir, sizeof(t->dir), "/tmp/stconsole-site-XXXXXX");
	assert_non_null(mkdtemp(t->dir));
}

void
site_tree_remove(struct site_tree *t)
{
	assert_true(file_remove_tree(t->dir, NULL));
}

char *
site_tree_path(const struct site_tree *t, const char *path)
{
	char *whole = str_format("%s%s%s", t->dir, *path != '\0' ? "/" : "",
	    path);

	assert_non_null(whole);
	return whole;
}

void
site_tree_put(const struct site_tree *t, const char *path, const char *text)
{
	AUTO_FREE char	*whole = site_tree_path(t, path);
	AUTO_FREE char	*folder = strdup(whole);

	assert_non_null(folder);
	*strrchr(folder, '/') = '\0';
	assert_true(file_make_dirs(folder, 0700, NULL));
	assert_true(file_write(AT_FDCWD, whole, text, strlen(text), 0600,
	    NULL));
}

void
site_tree_compose(const struct site_tree *t, const char *folder)
{
	static const struct {
		const char *name, *text;
	} files[] = {
		{ "docker-compose.yml", compose_text },
		{ ".env", dotenv_text },
		{ "custom.env", custom_text },
		{ "StCommunityConfig.xml", community_text },
		{ "sametime-config/web/keys/cert.crt", "certificate\n" },
		{ "sametime-config/web/keys/cert.key", "key\n" },
	};

	for (size_t i = 0; i < LENGTH(files); i++) {
		AUTO_FREE char *path = str_format("%s%s%s", folder,
		    *folder != '\0' ? "/" : "", files[i].name);

		assert_non_null(path);
		site_tree_put(t, path, files[i].text);
	}
}
