package dashboard

import (
	"net/url"
	"path"
	"strings"
	"unicode"
)

// localPath returns a path of this page that a form or an address gives, with its
// query, or else another: a link to elsewhere is none.
func localPath(given, otherwise string) string {
	u, err := url.Parse(given)
	if err != nil || u.IsAbs() || u.Host != "" || u.User != nil || u.Opaque != "" || !strings.HasPrefix(u.Path, "/") {
		return otherwise
	}
	// A browser reads "//x" and "/\x" as another host, and so may "/./\x".
	if strings.HasPrefix(u.Path, "//") || strings.ContainsFunc(given, func(r rune) bool { return r == '\\' || unicode.IsControl(r) }) || strings.HasPrefix(path.Clean(u.Path), "//") {
		return otherwise
	}
	return (&url.URL{Path: u.Path, RawPath: u.RawPath, RawQuery: u.RawQuery}).String()
}
