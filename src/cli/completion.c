/*
 * Completion for bash, printed from the verb table: three functions of plain
 * case lists, and one that looks at the words.  Nothing is asked of stconsole
 * while somebody types; a verb that is added is in the next script.
 */
#include "parts.h"

#include <string.h>

#include "stconsole/mem.h"
#include "stconsole/str.h"

static const char head[] =
"# bash completion of stconsole " STCONSOLE_VERSION ", made by\n"
"# stconsole help --completion bash\n"
"\n";

/*
 * path: the words of the verb so far; at: how many values it has; prev: the
 * option whose value is being typed, or "".
 */
static const char body[] =
"_stconsole_has()\n"
"{\n"
"\tcase \" $1 \" in *\" $2 \"*) return 0 ;; esac\n"
"\treturn 1\n"
"}\n"
"\n"
"_stconsole()\n"
"{\n"
"\tlocal cur=${COMP_WORDS[COMP_CWORD]} prev= path= word i\n"
"\tlocal next options takes kind words at=0 literal= helping=\n"
"\n"
"\tCOMPREPLY=()\n"
"\tfor ((i = 1; i < COMP_CWORD; i++)); do\n"
"\t\tword=${COMP_WORDS[i]}\n"
"\t\tprev=\n"
"\t\t_stconsole_next \"$path\"\n"
"\t\t_stconsole_options \"$path\"\n"
"\t\tif [[ -z $literal && $word == -- ]]; then\n"
"\t\t\tliteral=1\n"
"\t\telif [[ -z $literal && $word == --?* ]]; then\n"
"\t\t\tif [[ ${COMP_WORDS[i + 1]} == = ]]; then\n"
"\t\t\t\tprev=$word\n"
"\t\t\t\t((i += 2))\n"
"\t\t\telif _stconsole_has \"$takes\" \"$word\" ||\n"
"\t\t\t    [[ -n $helping ]]; then\n"
"\t\t\t\tprev=$word\n"
"\t\t\t\t((i += 1))\n"
"\t\t\tfi\n"
"\t\telif [[ -z $path && -z $helping && $word == help ]]; then\n"
"\t\t\thelping=1\n"
"\t\telif _stconsole_has \"$next\" \"$word\"; then\n"
"\t\t\tpath=${path:+$path }$word\n"
"\t\telse\n"
"\t\t\t((at += 1))\n"
"\t\tfi\n"
"\tdone\n"
"\t# The value of the last option is what is typed now, or it is done.\n"
"\t((i > COMP_CWORD)) || prev=\n"
"\t[[ $cur != = ]] || cur=\n"
"\t_stconsole_next \"$path\"\n"
"\t_stconsole_options \"$path\"\n"
"\tif [[ -n $prev ]]; then\n"
"\t\t_stconsole_values \"$path\" \"$prev\"\n"
"\telif [[ -z $literal && $cur == -* ]]; then\n"
"\t\tkind=words words=$options\n"
"\t\t[[ -z $helping ]] || words='--man --completion'\n"
"\telif [[ -n $next && $at -eq 0 ]]; then\n"
"\t\tkind=words words=$next\n"
"\telse\n"
"\t\t_stconsole_values \"$path\" $((at + 1))\n"
"\tfi\n"
"\tcase $kind in\n"
"\twords) COMPREPLY=($(compgen -W \"$words\" -- \"$cur\")) ;;\n"
"\tfile) compopt -o filenames 2>/dev/null\n"
"\t\tmapfile -t COMPREPLY < <(compgen -f -- \"$cur\") ;;\n"
"\tdir) compopt -o filenames 2>/dev/null\n"
"\t\tmapfile -t COMPREPLY < <(compgen -d -- \"$cur\") ;;\n"
"\tesac\n"
"}\n"
"\n"
"complete -F _stconsole stconsole\n";

/* ---- what the table says */

/* Adds a word to a list of words unless it is there. */
static void
word_add(struct buf *list, const char *word, size_t len)
{
	const char *at = buf_str(list);

	while (*at != '\0') {
		size_t n = strcspn(at, " ");

		if (n == len && memcmp(at, word, len) == 0)
			return;
		at += n + strspn(at + n, " ");
	}
	if (list->len > 0)
		buf_putc(list, ' ');
	buf_add(list, word, len);
}

/* The words that may follow the first len bytes of name, up to a dot. */
static void
next_words(const struct registry *r, const char *name, size_t len,
    struct buf *list)
{
	const struct verb	*v;
	size_t			 n;

	for (n = 0; (v = manual_verb(r, n)) != NULL; n++) {
		const char *rest = v->name + len;

		if (strncmp(v->name, name, len) != 0 ||
		    (len > 0 && *rest != '.'))
			continue;
		rest += len > 0;
		word_add(list, rest, strcspn(rest, "."));
	}
}

/* Whether an earlier verb begins with the same len bytes and a dot. */
static bool
is_told(const struct registry *r, size_t n, const char *name, size_t len)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (strncmp(manual_verb(r, i)->name, name, len + 1) == 0)
			return true;
	return false;
}

static void
arm(struct buf *out, const char *name, size_t len)
{
	size_t i;

	buf_puts(out, "\t'");
	for (i = 0; i < len; i++)
		buf_putc(out, name[i] == '.' ? ' ' : name[i]);
}

static void
next_function(const struct registry *r, struct buf *out)
{
	AUTO_BUF struct buf	 first = BUF_INIT;
	const struct verb	*v;
	const char		*dot;
	size_t			 n;

	next_words(r, "", 0, &first);
	buf_printf(out, "_stconsole_next()\n{\n\tcase $1 in\n"
	    "\t'') next='%s'\n\t\t[[ -n $helping ]] || next+='",
	    buf_str(&first));
	for (n = 0; cli_reserved[n] != NULL; n++)
		buf_printf(out, " %s", cli_reserved[n]);
	buf_puts(out, "' ;;\n");
	for (n = 0; (v = manual_verb(r, n)) != NULL; n++)
		for (dot = strchr(v->name, '.'); dot != NULL;
		    dot = strchr(dot + 1, '.')) {
			AUTO_BUF struct buf	list = BUF_INIT;
			size_t			len = (size_t)(dot - v->name);

			if (is_told(r, n, v->name, len))
				continue;
			next_words(r, v->name, len, &list);
			arm(out, v->name, len);
			buf_printf(out, "') next='%s' ;;\n", buf_str(&list));
		}
	buf_puts(out, "\t*) next= ;;\n\tesac\n}\n\n");
}

static void
option_put(const struct verb_param *p, struct buf *out)
{
	if (out->len > 0)
		buf_putc(out, ' ');
	buf_puts(out, "--");
	cli_param_option(p, out);
}

/* Options that anywhere take a word of their own (--yes takes none). */
static void
options_function(const struct registry *r, struct buf *out)
{
	const struct verb	*v;
	size_t			 n, i;

	buf_puts(out, "_stconsole_options()\n{\n\toptions='");
	for (i = 0; i < cli_option_count; i++)
		buf_printf(out, "%s--%s", i > 0 ? " " : "",
		    cli_option_table[i].name);
	buf_puts(out, "'\n\ttakes='");
	for (i = 0, n = 0; i < cli_option_count; i++)
		if (cli_option_table[i].value != NULL &&
		    !cli_option_table[i].optional)
			buf_printf(out, "%s--%s", n++ > 0 ? " " : "",
			    cli_option_table[i].name);
	buf_puts(out, "'\n\tcase $1 in\n");
	for (n = 0; (v = manual_verb(r, n)) != NULL; n++) {
		AUTO_BUF struct buf all = BUF_INIT, takes = BUF_INIT;

		for (i = 0; i < v->param_count; i++) {
			option_put(&v->params[i], &all);
			if (v->params[i].type != PARAM_FLAG)
				option_put(&v->params[i], &takes);
		}
		if (all.len == 0)
			continue;
		arm(out, v->name, strlen(v->name));
		buf_printf(out, "') options=\"%s $options\"", buf_str(&all));
		if (takes.len > 0)
			buf_printf(out, "\n\t\ttakes=\"%s $takes\"",
			    buf_str(&takes));
		buf_puts(out, " ;;\n");
	}
	buf_puts(out, "\tesac\n}\n\n");
}

/* "words words='a b'", "file" or "dir"; "" where nothing is known. */
static void
kind_put(const char *choices, bool is_file, bool is_dir, struct buf *out)
{
	const char *c;

	if (choices != NULL && strchr(choices, '|') != NULL) {
		buf_puts(out, "words words='");
		for (c = choices; *c != '\0'; c++)
			buf_putc(out, *c == '|' ? ' ' : *c);
		buf_putc(out, '\'');
	} else if (is_file || is_dir) {
		buf_puts(out, is_file ? "file" : "dir");
	}
}

static void
param_values(const struct verb *v, const struct verb_param *p,
    unsigned position, struct buf *out)
{
	AUTO_BUF struct buf kind = BUF_INIT, option = BUF_INIT;

	/* A "file" of other verbs is one of the site. */
	kind_put(p->type == PARAM_CHOICE ? p->choices : NULL,
	    p->type == PARAM_INPUT || p->type == PARAM_SECRET ||
	    (v->writes_elsewhere && str_equal(p->name, "file")), false,
	    &kind);
	if (kind.len == 0)
		return;
	option_put(p, &option);
	arm(out, v->name, strlen(v->name));
	buf_printf(out, " %s') kind=%s ;;\n", buf_str(&option),
	    buf_str(&kind));
	if (!p->positional || p->type == PARAM_SECRET)
		return;
	arm(out, v->name, strlen(v->name));
	if (p->many)
		buf_puts(out, " '*)");
	else
		buf_printf(out, " %u')", position);
	buf_printf(out, " kind=%s ;;\n", buf_str(&kind));
}

/* By option, or by number for a value without its name. */
static void
values_function(const struct registry *r, struct buf *out)
{
	const struct verb	*v;
	size_t			 n, i;
	unsigned		 position;

	buf_puts(out, "_stconsole_values()\n{\n\tkind= words=\n"
	    "\tcase \"$1 $2\" in\n");
	for (n = 0; (v = manual_verb(r, n)) != NULL; n++)
		for (i = 0, position = 0; i < v->param_count; i++) {
			position += v->params[i].positional;
			param_values(v, &v->params[i], position, out);
		}
	for (i = 0; i < cli_option_count; i++) {
		const struct cli_option	*o = &cli_option_table[i];
		AUTO_BUF struct buf	 kind = BUF_INIT;

		if (o->value == NULL)
			continue;
		if (strchr(o->value, '|') != NULL && str_starts(o->value,
		    "DIR"))
			buf_puts(&kind, "dir");
		else
			kind_put(o->value, false, str_equal(o->value, "DIR"),
			    &kind);
		if (kind.len > 0)
			buf_printf(out, "\t*' --%s') kind=%s ;;\n", o->name,
			    buf_str(&kind));
	}
	buf_puts(out, "\t*' --completion') kind=words words=bash ;;\n"
	    "\t*' --man') kind=words words=$next ;;\n"
	    "\tesac\n}\n\n");
}

void
completion_bash(const struct registry *r, struct buf *out)
{
	buf_puts(out, head);
	next_function(r, out);
	options_function(r, out);
	values_function(r, out);
	buf_puts(out, body);
}
