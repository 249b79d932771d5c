package dashboard

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
	"net/http"
	"sync"
	"time"
)

//go:embed assets/style.css assets/script/*.js assets/icon.svg
var assetFiles embed.FS

// assets are served by names that hold their hash, so that a browser may keep them
// for good.
type assets struct {
	// content is by path, paths by name.
	content map[string][]byte
	paths   map[string]string
}

// loadAssets reads what is embedded, once. The scripts are one file.
var loadAssets = sync.OnceValues(func() (*assets, error) {
	a := &assets{content: map[string][]byte{}, paths: map[string]string{}}
	scripts, err := fs.Glob(assetFiles, "assets/script/*.js")
	if err != nil {
		return nil, err
	}
	for name, files := range map[string][]string{"style.css": {"assets/style.css"}, "icon.svg": {"assets/icon.svg"}, "script.js": scripts} {
		var b bytes.Buffer
		for _, f := range files {
			content, err := assetFiles.ReadFile(f)
			if err != nil {
				return nil, err
			}
			b.Write(content)
		}
		sum := sha256.Sum256(b.Bytes())
		path := "/assets/" + hex.EncodeToString(sum[:6]) + "/" + name
		a.content[path], a.paths[name] = b.Bytes(), path
	}
	return a, nil
})

func assetPath(name string) (string, error) {
	a, err := loadAssets()
	if err != nil {
		return "", err
	}
	if a.paths[name] == "" {
		return "", fmt.Errorf("there is no asset %s", name)
	}
	return a.paths[name], nil
}

func (a *assets) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	content, ok := a.content[r.URL.Path]
	if !ok {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
	http.ServeContent(w, r, r.URL.Path, time.Time{}, bytes.NewReader(content))
}
