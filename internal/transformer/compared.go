//go:build !race

package transformer

// compared tells that a network is held against the backend while it is loaded.
const compared = true
