//go:build !amd64

package dilated

// kernels are all that this processor can run, the quickest first.
func kernels() []kernel { return []kernel{plain} }
