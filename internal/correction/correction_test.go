package correction

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"switchboard/internal/problem"
	"switchboard/internal/registry"
)

var (
	now     = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	options = Options{Name: "c.csv", Labels: []string{"AcmeHelp", "BoltRail"}, Now: now}
)

func TestRead(t *testing.T) {
	const file = "\ufeffnote,label,at,conversation_id,author\n" +
		"\"a, b\",AcmeHelp,2026-03-01T10:00:00+01:00,7,anna\n" +
		",Unknown,,8, bert \n"
	got, err := Read(strings.NewReader(file), options)
	want := []registry.Correction{
		{ConversationID: 7, Label: "AcmeHelp", Author: "anna", At: time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)},
		{ConversationID: 8, Label: "Unknown", Author: "bert", At: now},
	}
	if err != nil || len(got) != 2 || !got[0].At.Equal(want[0].At) {
		t.Fatalf("got %+v, %v", got, err)
	}
	got[0].At = want[0].At
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

func TestReadNamesTheLineThatIsWrong(t *testing.T) {
	for name, test := range map[string]struct{ file, says string }{
		"nothing":            {"", "c.csv is empty"},
		"a header alone":     {"conversation_id,label\n", "c.csv has 0 corrections below its header; nothing was imported"},
		"a row's number":     {"conversation_id,label\n1,AcmeHelp\n-8,AcmeHelp\n", "c.csv, line 3: the conversation_id is below 0"},
		"other columns":      {"id,company\n", "c.csv, line 1: the columns conversation_id and label are needed"},
		"an id of letters":   {"conversation_id,label\n1,AcmeHelp\nx,AcmeHelp\n", "c.csv, line 3: the conversation_id is no whole number"},
		"another case":       {"conversation_id,label\n1,acmehelp\n", "c.csv, line 2: the label is AcmeHelp in other letters"},
		"no label":           {"conversation_id,label\n1,\n", "c.csv, line 2: the label is no company"},
		"no time":            {"conversation_id,label,at\n1,AcmeHelp,monday\n", "c.csv, line 2: at is no time such as"},
		"the future":         {"conversation_id,label,at\n1,AcmeHelp,2027-01-01T00:00:00Z\n", "has not come yet"},
		"a missing field":    {"conversation_id,label\n1\n", "c.csv, line 2: wrong number of fields"},
		"an open quote":      {"conversation_id,label\n1,\"Acme\n", "c.csv, line 2"},
		"a quote at the end": {"label,conversation_id\n\"", "c.csv, line 2"},
	} {
		got, err := Read(strings.NewReader(test.file), options)
		if kind, _ := problem.KindOf(err); kind != problem.BadInput || !strings.Contains(err.Error(), test.says) || got != nil {
			t.Errorf("%s: %v, %v; want %q", name, got, err, test.says)
		}
	}
}

// A file that is no file of corrections holds names and texts: none of its cells
// is repeated.
func TestReadRepeatsNoCell(t *testing.T) {
	const secret = "Marigold Quetzal"
	for name, file := range map[string]string{
		"as a label":       "conversation_id,label\n1," + secret + "\n",
		"as an id":         "conversation_id,label\n" + secret + ",AcmeHelp\n",
		"as a time":        "conversation_id,label,at\n1,AcmeHelp," + secret + "\n",
		"as the header":    secret + ",label\n1,AcmeHelp\n",
		"as a field more":  "conversation_id,label\n1,AcmeHelp," + secret + "\n",
		"behind a quote":   "conversation_id,label\n1,\"" + secret + "\"x\n",
		"in an open quote": "conversation_id,label\n1,\"" + secret + "\n",
		"without a header": "1," + secret + "\n",
	} {
		_, err := Read(strings.NewReader(file), options)
		if err == nil || strings.Contains(err.Error(), "Marigold") || strings.Contains(err.Error(), "Quetzal") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func FuzzRead(f *testing.F) {
	f.Add("conversation_id,label\n1,AcmeHelp\n")
	f.Add("\ufefflabel,at,conversation_id\n\"Acme\nHelp\",2026-03-01T10:00:00Z,9223372036854775808\n")
	f.Add("label,conversation_id\n\"")
	f.Fuzz(func(t *testing.T, file string) {
		got, err := Read(strings.NewReader(file), options)
		if kind, _ := problem.KindOf(err); err != nil && kind != problem.BadInput {
			t.Fatalf("error %v, of no kind", err)
		}
		for _, c := range got {
			if c.At.After(now) || c.Label != "Unknown" && c.Label != "AcmeHelp" && c.Label != "BoltRail" {
				t.Errorf("accepted %+v", c)
			}
		}
	})
}
