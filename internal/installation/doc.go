// Package installation says whether what runs need of their surroundings is
// there: a Temporal server that answers, the search attributes of its namespace,
// and workers that share their settings. The starter asks as `doctor`, and every
// run when it is accepted, so that both give the same sentence.
package installation
