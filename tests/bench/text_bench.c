/*
 * The lossless editors on files of 10 MB: read, change one value in the
 * middle, prove that nothing else differs.  Each case in a process of its
 * own, so that its peak of memory (old and new text included) is its own.
 */
#include <stdio.h>
#include <string.h>

#include "bench.h"
#include "stconsole/buf.h"
#include "stconsole/doc.h"
#include "stconsole/mem.h"

#define RUNS		5
#define BYTES		(10u << 20)
#define SECTION		40	/* entries of one section, service, element */

struct sample {
	const struct doc_format	*format;
	void	(*entry)(struct buf *out, int n);
	const char		*head, *tail;
	const char		*path;
	const char		*command;
};

static void
env_entry(struct buf *out, int n)
{
	if (n % SECTION == 0)
		buf_printf(out, "\n# part %d: what the vendor says of it\n",
		    n / SECTION);
	buf_printf(out, "STI__Config__SETTING_%06d=value %d # why\n", n, n);
}

static void
ini_entry(struct buf *out, int n)
{
	if (n % SECTION == 0)
		buf_printf(out, "\n; part\n[Section%d]\n", n / SECTION);
	buf_printf(out, "VP_SETTING_%06d=value %d\n", n, n);
}

static void
yaml_entry(struct buf *out, int n)
{
	if (n % SECTION == 0)
		buf_printf(out, "  service%d:\n    # part\n    settings:\n",
		    n / SECTION);
	buf_printf(out, "      SETTING_%06d: \"value %d\"\n", n, n);
}

static void
xml_entry(struct buf *out, int n)
{
	if (n % SECTION == 0)
		buf_printf(out, "  <!-- part %d -->\n", n / SECTION);
	buf_printf(out, "  <Connection HostName=\"ldap%d.corp.test\" "
	    "Port=\"389\"\n      BaseDN=\"ou=people,dc=corp%d\"/>\n", n, n);
}

static void
helm_entry(struct buf *out, int n)
{
	if (n % SECTION == 0)
		buf_printf(out, "{{- if .Values.part%d }}\n"
		    "service%d:\n", n / SECTION, n / SECTION);
	buf_printf(out, "  setting%06d: {{ .Values.s%d | quote }}\n", n, n);
	if (n % SECTION == SECTION - 2)
		buf_printf(out, "  plain%06d: one\n", n);
	if (n % SECTION == SECTION - 1)
		buf_puts(out, "{{- end }}\n");
}

static const struct sample samples[] = {
	{ &doc_env, env_entry, "", "", "STI__Config__SETTING_100000",
	  "set one value of a 10 MB env file" },
	{ &doc_ini, ini_entry, "", "", "Section2500/VP_SETTING_100000",
	  "set one value of a 10 MB ini file" },
	{ &doc_yaml, yaml_entry, "services:\n", "",
	  "services.service2500.settings.SETTING_100000",
	  "set one value of a 10 MB YAML file" },
	{ &doc_xml, xml_entry, "<LDAP>\n", "</LDAP>\n",
	  "LDAP/Connection[50000]/@HostName",
	  "set one value of a 10 MB XML file" },
	{ &doc_helm, helm_entry, "", "", "service2500.plain100038",
	  "set one value of a 10 MB Helm template" }
};

static double
edit(const void *arg)
{
	const struct sample	*s = arg;
	AUTO_BUF struct buf	 text = BUF_INIT, out = BUF_INIT;
	struct doc		 doc;
	struct err		 e;
	double			 start_ms;
	int			 n;

	buf_puts(&text, s->head);
	for (n = 0; text.len < BYTES || n % SECTION != 0; n++)
		s->entry(&text, n);
	buf_puts(&text, s->tail);
	start_ms = bench_now_ms();
	if (!buf_ok(&text, &e) ||
	    !doc_parse(&doc, s->format, buf_str(&text), text.len, &e) ||
	    !doc_edit(&doc, DOC_SET, s->path, "changed", &out, NULL, &e)) {
		fprintf(stderr, "%s: %s\n", s->command, e.msg);
		return -1;
	}
	start_ms = bench_now_ms() - start_ms;
	doc_fini(&doc);
	return start_ms;
}

int
main(void)
{
	size_t	 i;
	int	 run;

	bench_heading();
	for (i = 0; i < LENGTH(samples); i++) {
		struct bench	 b = { .command = samples[i].command };

		for (run = 0; run < RUNS; run++)
			bench_child(&b, edit, &samples[i]);
		bench_row(samples[i].format->name,
		    "one proved edit in less than 1 s and 100 MB",
		    bench_spread(b.wall_ms, b.n).median < 1000 &&
		    bench_spread(b.peak_kb, b.n).max < 100 * 1024);
		bench_lines(&b);
	}
	return 0;
}
