//go:build race

package transformer

// compared is false where the race detector's pointer checks stop the backend.
const compared = false
