package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"switchboard/internal/pipeline"
	"switchboard/internal/privacy"
)

// checkPrivacy: the manifest tells why the texts were allowed to leave, and the
// file beside it tells the same.
func (th *harness) checkPrivacy(dir string, e privacy.Evaluation) {
	th.t.Helper()
	var manifest struct {
		Facts   map[string]string
		Privacy privacy.Evaluation
	}
	var filed privacy.Evaluation
	for name, into := range map[string]any{"manifest.json": &manifest, "privacy.json": &filed} {
		if err := json.Unmarshal(th.artifact(dir+"/"+name), into); err != nil {
			th.t.Fatal(err)
		}
	}
	if !reflect.DeepEqual(manifest.Privacy, filed) || !reflect.DeepEqual(manifest.Privacy, e) {
		th.t.Errorf("%s: the manifest says %+v, privacy.json %+v, the result %+v", dir, manifest.Privacy, filed, e)
	}
	if err := (pipeline.Clearance{Anonymizer: manifest.Facts["anonymizer"], Evaluation: e}).Check(); err != nil {
		th.t.Errorf("%s: %v", dir, err)
	}
	names := e.Recall["Person"]
	if names.Of < 1000 || names.Low <= 0.8 || names.Low >= names.Share || names.Share >= names.High || len(e.SetSHA256) != 64 {
		th.t.Errorf("%s: %+v", dir, e)
	}
}

// allowNames writes a list on which every name is allowed that the rules know:
// a mistake that blinds the anonymizer.
func allowNames(t *testing.T) string {
	t.Helper()
	words := mustRead(t, filepath.Join("..", "internal", "anonymize", "words", "names.txt"))
	names := strings.Join(strings.Fields(strings.ReplaceAll(string(words), "?", "")), "\n")
	path := filepath.Join(t.TempDir(), "allow.txt")
	if err := os.WriteFile(path, []byte(names), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestTextOfABlindAnonymizerDoesNotLeave(t *testing.T) {
	models := newCounter(t)
	th := newHarness(t, "OPENAI_BASE_URL="+models.url, "OPENAI_API_KEY="+counterKey)
	training, production := tweets(t, th.dir, 600)
	th.open()
	th.run("finetune", "--dataset", training, "--watch")
	if models.posts() == 0 {
		t.Fatal("a run that may send sent nothing")
	}

	th.kill()
	th.env = append(th.env, "SWITCHBOARD_ALLOW_NAMES="+allowNames(t))
	th.open()
	before := models.posts()
	for _, args := range [][]string{
		{"finetune", "--dataset", training, "--seed", "2"},
		{"apply", "--dataset", production},
		{"call", callFile(t, "0042")},
	} {
		code, out, errOut := th.starter(append(args, "--watch")...)
		found := "details of kind Person were found"
		if args[0] == "call" {
			found = "names in English calls"
		}
		for _, want := range []string{found, "may not leave the machine", "SWITCHBOARD_ALLOW_NAMES"} {
			if code != 1 || !strings.Contains(errOut, want) {
				t.Errorf("%s: exit code %d, want 1 and %q\n%s%s", args[0], code, want, out, errOut)
			}
		}
	}
	if sent := models.posts() - before; sent > 0 {
		t.Errorf("%d requests arrived that may carry text", sent)
	}
	in := pipeline.FineTuneInput{Dataset: training, Seed: 2}.WithDefaults()
	th.checkRefusal(pipeline.FineTuneID(in))
}

// checkRefusal: the run's folder shows the figures, nothing was prepared for
// sending, and the history holds no text.
func (th *harness) checkRefusal(id string) {
	th.t.Helper()
	dir := th.run("status", id).Status.Dir
	if filed := th.artifact(dir + "/privacy.json"); !bytes.Contains(filed, []byte(`"passed": false`)) {
		th.t.Errorf("privacy.json holds %s", filed)
	}
	for _, name := range []string{"anonymized", "finetune", "manifest.json"} {
		if _, err := os.Stat(filepath.Join(th.dir, "artifacts", dir, name)); err == nil {
			th.t.Errorf("%s is there", name)
		}
	}
	th.checkHistories(id)
}
