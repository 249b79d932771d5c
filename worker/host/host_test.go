package host

import (
	"testing"

	"switchboard/internal/config"
	"switchboard/internal/problem"
)

// Settings that cannot work end the program at its start, with a sentence, and
// not the first run that needs them.
func TestStartRefusesSettingsThatCannotWork(t *testing.T) {
	for name, change := range map[string]func(*config.Config){
		"artifacts of an unknown scheme": func(c *config.Config) { c.Artifacts = "gopher://hole" },
		"provider's URL":                 func(c *config.Config) { c.ProviderURL = "localhost:8090" },
		"folder without a model":         func(c *config.Config) { c.NERModel = t.TempDir() },
		"list that is not there":         func(c *config.Config) { c.DenyNames = t.TempDir() + "/none.txt" },
	} {
		t.Run(name, func(t *testing.T) {
			cfg := config.Config{Artifacts: t.TempDir(), ProviderURL: "http://127.0.0.1:8090/v1"}
			change(&cfg)
			h, err := Start(t.Context(), nil, cfg)
			if kind, _ := problem.KindOf(err); kind != problem.BadInput {
				t.Errorf("started %v with %v", h, err)
			}
		})
	}
}
