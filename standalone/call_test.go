package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"google.golang.org/protobuf/encoding/protojson"

	"switchboard/internal/call"
	"switchboard/internal/dataset"
)

// callFile writes the event of a call with a company of [tweets]; every turn holds
// the marker and a name.
func callFile(t *testing.T, id string) string {
	t.Helper()
	event := fmt.Sprintf(`{"call_id":%q,"channel":"phone","turns":[
		{"speaker":"customer","text":"Hello, this is Naomi, my train is late again at platform 7 %s"},
		{"speaker":"agent","text":"Hi Naomi, we are sorry about the train, %s 7."}]}`, id, marker, marker)
	path := filepath.Join(t.TempDir(), "call.json")
	if err := os.WriteFile(path, []byte(event), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// checkCall: a call of which files are wanted is assigned as a conversation is, its names are replaced, and
// the history holds neither what was said nor whom it is for.
func (th *harness) checkCall(model string) {
	th.t.Helper()
	path := callFile(th.t, "0042")
	r := th.run("call", path, "--keep-artifacts", "--watch")
	want := call.Answer{CallID: "0042", Channel: "phone", Company: "BoltRail", Confidence: r.Call.Confidence, Status: dataset.Classified, Model: model}
	if r.WorkflowID != "call/0042" || r.Answer == nil || *r.Answer != want {
		th.t.Fatalf("%s is answered with %+v, want %+v", r.WorkflowID, r.Answer, want)
	}
	var filed call.Answer
	if err := json.Unmarshal(th.artifact(r.Call.Answer.Path), &filed); err != nil || filed != want {
		th.t.Errorf("call.json holds %+v, %v", filed, err)
	}
	if sent := th.artifact(r.Call.Dir + "/anonymized/part-00000.parquet"); bytes.Contains(sent, []byte("Naomi")) || r.Call.Spans["Person"] != 2 {
		th.t.Errorf("a name is left, or %v was replaced", r.Call.Spans)
	}
	th.checkPrivacy(r.Call.Dir, r.Call.Privacy)
	for _, event := range th.history(r.WorkflowID) {
		text, err := protojson.Marshal(event)
		if err != nil {
			th.t.Fatal(err)
		}
		th.searchEvent(r.WorkflowID, event, text)
	}
	again := th.run("call", path, "--keep-artifacts", "--watch")
	if again.RunID == r.RunID || again.Answer == nil || *again.Answer != want {
		th.t.Errorf("the second analysis is answered with %+v", again.Answer)
	}
}
