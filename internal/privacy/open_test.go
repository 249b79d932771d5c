package privacy

import (
	"testing"

	"switchboard/internal/config"
	"switchboard/internal/problem"
)

const testModel = "../anonymize/ner/testdata/model"

// The model that the settings name finds what the rules do not, and so does the
// one that is shipped.
func TestModelOfTheSettingsIsUsed(t *testing.T) {
	const text = "i told rachel about it"
	versions := map[string]bool{}
	for _, dir := range []string{"", testModel} {
		a, err := Open(t.Context(), config.Config{NERModel: dir})
		if err != nil {
			t.Fatal(err)
		}
		results, err := a.Threads(t.Context(), [][]string{{text}})
		if err != nil || results[0][0].Text != "i told Person about it" {
			t.Errorf("model %q: got %q, %v", dir, results[0][0].Text, err)
		}
		versions[a.Models()["ner"]] = true
	}
	if len(versions) != 2 || versions[""] {
		t.Errorf("the models' versions are %v", versions)
	}
}

func TestOpenRefusesWhatIsNotThere(t *testing.T) {
	for name, cfg := range map[string]config.Config{
		"model":      {NERModel: t.TempDir()},
		"allow list": {AllowNames: t.TempDir() + "/none.txt"},
		"deny list":  {DenyNames: t.TempDir() + "/none.txt"},
	} {
		if _, err := Open(t.Context(), cfg); err == nil {
			t.Errorf("%s: opened", name)
		} else if kind, _ := problem.KindOf(err); kind != problem.BadInput {
			t.Errorf("%s: %v is no problem of kind %s", name, err, problem.BadInput)
		}
	}
}
