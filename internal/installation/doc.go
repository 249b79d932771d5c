// Package installation says whether what runs need of their surroundings is
// there: the search attributes of the namespace, and workers that share their
// settings. The starter asks as `doctor`, and every
// run when it is accepted, so that both give the same sentence.
package installation
