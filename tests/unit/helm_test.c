#include "edit_check.h"

static const char ingress[] =
    "{{- if .Values.ingress -}}\n"
    "kind: Ingress\n"
    "metadata:\n"
    "  name: {{ include \"x\" . }}\n"
    "  annotations:\n"
    "    a.io/size: \"0\"  # big\n"
    "    {{- if .Values.x }}\n"
    "    b: c\n"
    "    {{- end }}\n"
    "spec:\n"
    "  tls:\n"
    "  - hosts:\n"
    "      - foo\n"
    "    secretName: tls-secret\n"
    "  {{- range .Values.hosts }}\n"
    "  - host: x\n"
    "  {{- end }}\n"
    "  text: |\n"
    "    name: value\n"
    "  {{- if .y }}\n"
    "  mode: one\n"
    "  {{- else }}\n"
    "  mode: two\n"
    "  {{- end }}\n"
    "  long: one\n"
    "    two\n"
    "{{- end }}\n"
    "---\n"
    "kind: Other\n";

static void
gives(enum doc_change change, const char *path, const char *value,
    const char *from, const char *to)
{
	AUTO_BUF struct buf	 want = BUF_INIT;
	const char		*at = strstr(ingress, from);

	assert_non_null(at);
	buf_add(&want, ingress, (size_t)(at - ingress));
	buf_puts(&want, to);
	buf_puts(&want, at + strlen(from));
	edit_gives(&doc_helm, ingress, change, path, value, buf_str(&want));
}

static void
a_simple_line_is_read_and_changed(void **state)
{
	(void)state;
	reads_as(&doc_helm, ingress, "metadata.annotations.b", "c");
	reads_as(&doc_helm, ingress, "spec.tls[0].hosts[0]", "foo");
	reads_as(&doc_helm, ingress, "1:kind", "Other");
	gives(DOC_SET, "spec.tls[0].secretName", "yes", "tls-secret",
	    "\"yes\"");
	gives(DOC_SET, "metadata.annotations[\"a.io/size\"]", "10m",
	    "\"0\"", "\"10m\"");
	gives(DOC_SET, "spec.tls[0].hosts[0]", "bar", "foo", "bar");
	gives(DOC_SET, "1:kind", "X", "Other", "X");
	gives(DOC_UNSET, "metadata.annotations.b", NULL, "    b: c\n", "");
}

/* Below the parent's key, so that the conditions are the parent's. */
static void
a_line_is_added_below_its_parent(void **state)
{
	(void)state;
	gives(DOC_SET, "metadata.annotations[\"cert-manager.io/issuer\"]",
	    "le", "  annotations:\n",
	    "  annotations:\n    cert-manager.io/issuer: le\n");
}

static void
a_line_with_an_action_is_never_a_value(void **state)
{
	(void)state;
	edit_refused(&doc_helm, ingress, DOC_SET, "metadata.name", "x",
	    "not a simple value");
	edit_refused(&doc_helm, ingress, DOC_SET, "kind", "{{ x }}",
	    "which Helm would run");
	edit_refused(&doc_helm, ingress, DOC_SET, "spec.text", "x",
	    "not a simple value");
	edit_refused(&doc_helm, ingress, DOC_SET, "spec.long", "x",
	    "not a simple value");
}

static void
what_is_not_clear_is_refused(void **state)
{
	(void)state;
	reads_as(&doc_helm, ingress, "spec.tls[1].host", NULL);
	edit_refused(&doc_helm, ingress, DOC_SET, "spec.tls[1].host", "y",
	    "no line of its own");
	edit_refused(&doc_helm, ingress, DOC_SET, "spec.mode", "three",
	    "line 21");
	edit_refused(&doc_helm, ingress, DOC_UNSET, "1:kind", NULL,
	    "only entry");
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_simple_line_is_read_and_changed),
		cmocka_unit_test(a_line_is_added_below_its_parent),
		cmocka_unit_test(a_line_with_an_action_is_never_a_value),
		cmocka_unit_test(what_is_not_clear_is_refused),
	};

	return cmocka_run_group_tests_name("helm", tests, NULL, NULL);
}
