/*
 * What other views may do with a form.
 */
#ifndef UI_VIEW_FORM_H
#define UI_VIEW_FORM_H

struct view;

/*
 * For who showed a form's preview and applied it: what is typed is no edit
 * any more, so that going back does not ask, and secrets are wiped.  Nothing
 * happens when the view is NULL or no form.
 */
void	 form_applied(struct view *v);

#endif
