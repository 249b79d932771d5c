package pipeline

// Ref names one file of the artifact store and what is in it.
type Ref struct {
	// Path is relative to the store's root, with forward slashes.
	Path   string `json:"path"`
	SHA256 string `json:"sha256"`
	Bytes  int64  `json:"bytes"`
	// Rows is 0 where the file has no rows.
	Rows int64 `json:"rows,omitempty"`
}
