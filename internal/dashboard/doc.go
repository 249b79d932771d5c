// Package dashboard is the page on which people look at calls, judge them, and see
// how well the model does.
//
// It is one [http.Handler]. Every page is made on the server with html/template and
// works without scripts where it only shows something; a page's state is in its URL,
// and what changes something is a form that is posted and answered by a redirect.
// All routes stand in one table, each with the role that it needs, see routes.go: a
// visitor who is not known gets no further than the page to log in.
//
// A view is a Go file that reads, a template of the same name, and its German texts.
// Nothing of a call but what was redacted before it was stored is within reach: the
// package reads the database of results, and asks workers through Temporal for the
// rest.
package dashboard
