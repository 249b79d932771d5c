package host

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"switchboard/internal/config"
	"switchboard/internal/problem"
)

// model is a tiny one that knows few names, rachel among them.
const model = "../../internal/anonymize/ner/testdata/model"

// Settings that cannot work end the program at its start, with a sentence, and
// not the first run that needs them.
func TestStartRefusesSettingsThatCannotWork(t *testing.T) {
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	hub := httptest.NewServer(http.NotFoundHandler())
	defer hub.Close()
	for name, change := range map[string]func(*config.Config){
		"artifacts of an unknown scheme": func(c *config.Config) { c.Artifacts = "gopher://hole" },
		"provider's URL":                 func(c *config.Config) { c.ProviderURL = "localhost:8090" },
		"folder without a model":         func(c *config.Config) { c.NERModel = t.TempDir() },
		"model with another hash": func(c *config.Config) {
			c.NERModel, c.NERModelSHA256 = model, strings.Repeat("0123456789abcdef", 4)
		},
		"model that no hub has":  func(c *config.Config) { c.NERModel, c.HubURL = "somebody/absent", hub.URL },
		"list that is not there": func(c *config.Config) { c.DenyNames = t.TempDir() + "/none.txt" },
	} {
		t.Run(name, func(t *testing.T) {
			cfg := config.Config{Artifacts: t.TempDir(), ProviderURL: "http://127.0.0.1:8090/v1"}
			change(&cfg)
			h, err := Start(t.Context(), nil, Options{Config: cfg})
			if kind, _ := problem.KindOf(err); kind != problem.BadInput {
				t.Errorf("started %v with %v", h, err)
			}
		})
	}
}
