/*
 * mongo.compose: a MongoDB for a test installation beside Sametime, as parts
 * of a compose file or as Kubernetes objects, with the warnings of the field.
 * Only printed: nothing is written, and none of it was tried by us.
 */
#include <string.h>

#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "stconsole/msg.h"
#include "stconsole/str.h"

#include "prepare.h"
#include "text.def"

static const char compose_text[] =
    "services:\n"
    "  mongo:\n"
    "    image: %s\n"
    "    restart: ${RESTART_POLICY:-always}\n"
    "    command: [--replSet, %s, --keyFile, /etc/mongo/keyfile,"
    " --bind_ip_all]\n"
    "    environment:\n"
    "      # Makes the first account, root, on an empty volume.\n"
    "      MONGO_INITDB_ROOT_USERNAME: root\n"
    "      MONGO_INITDB_ROOT_PASSWORD_FILE: /run/secrets/mongo_root\n"
    "    secrets: [mongo_root]\n"
    "    volumes:\n"
    "      - mongo-data:/data/db\n"
    "      # openssl rand -base64 756; mode 0400, owner 999 (the image's"
    " mongodb)\n"
    "      - ./mongo/keyfile:/etc/mongo/keyfile:ro\n"
    "    networks: [sametime.test]\n"
    "volumes:\n"
    "  mongo-data:\n"
    "secrets:\n"
    "  mongo_root:\n"
    "    file: ./mongo/root-password\n";

static const char kubernetes_text[] =
    "apiVersion: v1\n"
    "kind: Service\n"
    "metadata:\n"
    "  name: mongo\n"
    "spec:\n"
    "  clusterIP: None\n"
    "  selector: {app: mongo}\n"
    "  ports: [{port: 27017}]\n"
    "---\n"
    "apiVersion: apps/v1\n"
    "kind: StatefulSet\n"
    "metadata:\n"
    "  name: mongo\n"
    "spec:\n"
    "  serviceName: mongo\n"
    "  replicas: 1\n"
    "  selector:\n"
    "    matchLabels: {app: mongo}\n"
    "  template:\n"
    "    metadata:\n"
    "      labels: {app: mongo}\n"
    "    spec:\n"
    "      securityContext: {fsGroup: 999, runAsUser: 999}\n"
    "      terminationGracePeriodSeconds: 120\n"
    "      containers:\n"
    "        - name: mongo\n"
    "          image: %s\n"
    "          args: [--replSet, %s, --keyFile, /etc/mongo/keyfile,"
    " --bind_ip_all]\n"
    "          env:\n"
    "            - name: MONGO_INITDB_ROOT_USERNAME\n"
    "              value: root\n"
    "            - name: MONGO_INITDB_ROOT_PASSWORD\n"
    "              valueFrom:\n"
    "                secretKeyRef: {name: mongo, key: root-password}\n"
    "          volumeMounts:\n"
    "            - {name: data, mountPath: /data/db}\n"
    "            - {name: key, mountPath: /etc/mongo, readOnly: true}\n"
    "      volumes:\n"
    "        - name: key\n"
    "          secret:\n"
    "            secretName: mongo\n"
    "            defaultMode: 0400\n"
    "            items: [{key: keyfile, path: keyfile}]\n"
    "  volumeClaimTemplates:\n"
    "    - metadata:\n"
    "        name: data\n"
    "      spec:\n"
    "        accessModes: [ReadWriteOnce]\n"
    "        resources:\n"
    "          requests: {storage: 20Gi}\n";

static bool
warn(json_t *warnings, struct buf *text, const char *what)
{
	buf_printf(text, "# %s\n", what);
	return json_array_append_new(warnings, json_string(what)) == 0;
}

static bool
warnings_put(const char *kind, const struct site *site, json_t *list,
    struct buf *text)
{
	bool is_kubernetes = strcmp(kind, "kubernetes") == 0;

	return warn(list, text, T_COMPOSE_UNTRIED) &&
	    (is_kubernetes || site_kind(site) != SITE_PODMAN ||
	    warn(list, text, T_COMPOSE_PODMAN)) &&
	    warn(list, text, is_kubernetes ? T_COMPOSE_CLAIM :
	    T_COMPOSE_VOLUME) && warn(list, text, T_COMPOSE_PORT) &&
	    warn(list, text, is_kubernetes ? T_COMPOSE_NEXT_KUBERNETES :
	    T_COMPOSE_NEXT);
}

/* What goes into a format and a YAML file must be plain. */
static bool
is_plain(const char *word)
{
	return *word != '\0' && *word != '-' && strspn(word,
	    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
	    "0123456789._-/:@") == strlen(word);
}

bool
prepare_compose_read(struct ctx *ctx, const json_t *params, json_t **result,
    struct err *e)
{
	AUTO_BUF struct buf	 text = BUF_INIT;
	AUTO_JSON json_t	*warnings = json_array();
	const char		*kind = json_str(params, "kind");
	const char		*image = json_str(params, "image");
	const char		*set = json_str(params, "set");
	struct site		*site;

	if (!site_need(ctx, &site, e))
		return false;
	if (kind == NULL)
		kind = site_kind(site) == SITE_KUBERNETES ? "kubernetes" :
		    "compose";
	image = image != NULL ? image : "mongo:7.0";
	set = set != NULL ? set : SET_NAME;
	if (!is_plain(image) || !is_plain(set))
		return err_set(e, ERR_USAGE, 0, T_COMPOSE_WORD,
		    is_plain(image) ? set : image);
	if (warnings == NULL || !warnings_put(kind, site, warnings, &text))
		return err_nomem(e);
	if (strcmp(kind, "kubernetes") == 0)
		buf_printf(&text, kubernetes_text, image, set);
	else
		buf_printf(&text, compose_text, image, set);
	if (!buf_ok(&text, e))
		return false;
	*result = json_pack("{s:s, s:s, s:O, s:b}", "kind", kind, "text",
	    buf_str(&text), "warnings", warnings, "verified", false);
	return *result != NULL || err_nomem(e);
}
