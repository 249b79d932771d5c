package merge

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"switchboard/internal/dataset"
	"switchboard/internal/evaluate"
	"switchboard/internal/problem"
)

func TestDecide(t *testing.T) {
	for _, c := range []struct {
		p         dataset.Prediction
		threshold float64
		company   string
		status    dataset.Status
	}{
		{dataset.Prediction{Company: "A", Confidence: 0.5, Status: dataset.Classified}, 0.5, "A", dataset.Classified},
		{dataset.Prediction{Company: "A", Confidence: 0.49, Status: dataset.Classified}, 0.5, dataset.Unknown, dataset.Unsure},
		{dataset.Prediction{Company: dataset.Unknown, Confidence: 0.9, Status: dataset.Classified}, 0.5, dataset.Unknown, dataset.Unsure},
		{dataset.Prediction{Company: dataset.Unknown, Status: dataset.Failed, ErrorCode: "timeout"}, 0, dataset.Unknown, dataset.Failed},
		{dataset.Prediction{Company: dataset.Unknown, Status: dataset.Invalid}, 0, dataset.Unknown, dataset.Invalid},
	} {
		if a := decide(c.p, c.threshold); a.Company != c.company || a.Status != c.status || a.ErrorCode != c.p.ErrorCode {
			t.Errorf("%+v at %g became %+v", c.p, c.threshold, a)
		}
	}
}

func TestColumns(t *testing.T) {
	for header, want := range map[string]string{
		"tweet_id,text":                  "conversation_id,company,confidence,status,error_code",
		"company,status":                 "conversation_id,company_2,confidence,status_2,error_code",
		" STATUS ,status_2":              "conversation_id,company,confidence,status_3,error_code",
		"status,status,company_2":        "conversation_id,company,confidence,status_2,error_code",
		"company,company_2,company_3,id": "conversation_id,company_4,confidence,status,error_code",
	} {
		given := strings.Split(header, ",")
		got := Columns(given)
		if added := strings.Join(got[len(given):], ","); added != want {
			t.Errorf("behind %s come %s, want %s", header, added, want)
		}
	}
}

// example is a conversation of some rows; ten ids in a row are of one thread.
func example(id int64, rows ...int32) dataset.Example {
	return dataset.Example{ID: id, ThreadID: id / 10, Rows: rows, Text: fmt.Sprintf("where is parcel %d", id)}
}

func said(id int64, company string, confidence float64) dataset.Prediction {
	return dataset.Prediction{ConversationID: id, Company: company, Confidence: confidence, Status: dataset.Classified, PromptTokens: 10, AnswerTokens: 1}
}

func failed(id int64, code string) dataset.Prediction {
	return dataset.Prediction{ConversationID: id, Company: dataset.Unknown, Status: dataset.Failed, ErrorCode: code}
}

func add(t *testing.T, m *Merge, examples []dataset.Example, predictions ...dataset.Prediction) {
	t.Helper()
	if err := m.Add(examples, predictions); err != nil {
		t.Fatal(err)
	}
}

func never() bool { return false }

// A tweet on several conversations takes the answer that says most, a repeated
// tweet that of the first.
func TestRow(t *testing.T) {
	m := New(5, 0.5)
	add(t, m, []dataset.Example{example(11, 0, 1), example(12, 0, 2)}, said(11, "Acme", 0.7), said(12, "Bolt", 0.9))
	m.AddDuplicates([]dataset.Duplicate{{Row: 3, First: 1}})
	for n, want := range []string{"12,Bolt,0.9000,classified,", "11,Acme,0.7000,classified,", "12,Bolt,0.9000,classified,", "11,Acme,0.7000,classified,"} {
		if got, err := m.Row(int64(n), never); err != nil || strings.Join(got, ",") != want {
			t.Errorf("row %d is %q, %v; want %q", n, got, err, want)
		}
	}
	if _, err := m.Row(4, never); err == nil {
		t.Error("a row without a conversation was written")
	}
	if got, err := m.Row(4, func() bool { return true }); err != nil || strings.Join(got, ",") != "-5,Unknown,0.0000,skipped," {
		t.Errorf("a row that repeats the header is %q, %v", got, err)
	}
	if c := m.Counts(); c.Rows != 5 || c.RowStatuses["classified"] != 4 || c.RowStatuses["skipped"] != 1 || c.Companies != 2 || c.Tokens != 22 {
		t.Errorf("the counts are %+v", c)
	}
}

func TestAddRefusesPredictionsOfOtherConversations(t *testing.T) {
	for name, predictions := range map[string][]dataset.Prediction{
		"too few": nil, "others": {said(12, "Acme", 1)},
	} {
		if err := New(1, 0).Add([]dataset.Example{example(11, 0)}, predictions); err == nil {
			t.Errorf("%s: merged all the same", name)
		}
	}
}

// A conversation that got no answer is not Unknown: nobody has asked what it is.
func TestConversationsThatFailedAreAClassOfTheirOwn(t *testing.T) {
	m := New(8, 0.5)
	add(t, m, []dataset.Example{example(10, 0), example(20, 1), example(30, 2), example(40, 3), example(50, 4), example(60, 5), example(70, 6), example(80, 7)},
		said(10, "Acme", 0.9), said(20, "Acme", 0.9), said(30, "Acme", 0.9), said(40, "Bolt", 0.9), said(50, "Bolt", 0.1), said(60, dataset.Unknown, 0.9),
		failed(70, "rate_limited"), failed(80, "rate_limited"))
	c := m.Counts()
	if c.UnknownShare != evaluate.ShareOf(2, 6) || c.Companies != 2 || c.ConversationStatuses["failed"] != 2 {
		t.Errorf("the counts are %+v", c)
	}
	if got := m.Companies(); got["Acme"] != 3 || got["Bolt"] != 1 || got[dataset.Unknown] != 2 || len(got) != 3 {
		t.Errorf("the companies are %v", got)
	}
	warnings := m.Warnings(evaluate.Practice{})
	if len(warnings) != 1 || !strings.HasPrefix(warnings[0], "2 of 8 conversations (25.0%) got no answer in all attempts (mostly rate_limited)") {
		t.Errorf("the warnings are %q", warnings)
	}
	s := m.Summary()
	if s.Companies[0].Name != "Acme" || s.Companies[0].Share.Value != 0.5 || s.Unknown.Share.Value != evaluate.ShareOf(2, 6) || s.ErrorCodes["rate_limited"] != 2 {
		t.Errorf("the summary is %+v", s)
	}
}

func TestWarningsAreNoneWhereAllIsWell(t *testing.T) {
	m := New(1, 0.5)
	add(t, m, []dataset.Example{example(10, 0)}, said(10, "Acme", 0.9))
	if got := m.Warnings(evaluate.Practice{Given: 90, Unknown: 10, Confidences: map[int]int64{9: 100}}); got != nil {
		t.Errorf("the warnings are %q", got)
	}
	if got := m.Warnings(evaluate.Practice{Given: 5, Confidences: map[int]int64{9: 5}}); len(got) != 1 || !strings.Contains(got[0], "had 5 conversations") {
		t.Errorf("of a test of five the warnings are %q", got)
	}
}

func TestUsable(t *testing.T) {
	invalid := dataset.Prediction{ConversationID: 10, Company: dataset.Unknown, Status: dataset.Invalid}
	for name, c := range map[string]struct {
		predictions []dataset.Prediction
		limit       float64
		says        string
	}{
		"answered":          {[]dataset.Prediction{said(10, "Acme", 0.9)}, 0, ""},
		"no label":          {[]dataset.Prediction{invalid}, 0, "1 of 1 answers of the model were no label"},
		"no label, may be":  {[]dataset.Prediction{invalid}, 1, ""},
		"nothing answered":  {[]dataset.Prediction{failed(10, "timeout")}, 0, "answered none of 1 conversations"},
		"no text to ask of": {[]dataset.Prediction{{ConversationID: 10, Company: dataset.Unknown, Status: dataset.Empty}}, 0, ""},
		"no conversation":   {nil, 0, ""},
	} {
		t.Run(name, func(t *testing.T) {
			m := New(1, 0.5)
			for _, p := range c.predictions {
				add(t, m, []dataset.Example{example(10, 0)}, p)
			}
			err := m.Usable(c.limit)
			if kind, _ := problem.KindOf(err); c.says == "" && err != nil || c.says != "" && (kind != problem.Refused || !strings.Contains(err.Error(), c.says)) {
				t.Errorf("got %v, want %q", err, c.says)
			}
		})
	}
}

func TestSurest(t *testing.T) {
	a, any := Surest([]dataset.Prediction{said(1, "Acme", 0.4), said(2, "Bolt", 0.6), failed(3, "x")}, 0.5)
	if !any || a.Company != "Bolt" {
		t.Errorf("the surest is %+v, %v", a, any)
	}
	if _, any := Surest(nil, 0.5); any {
		t.Error("there is an answer to nothing")
	}
}

// The least sure are one of a thread and of a text, in the order of their
// confidence, whatever the order in which they come.
func TestLeastSure(t *testing.T) {
	var examples []dataset.Example
	var predictions []dataset.Prediction
	for i := range 100 {
		id := int64(1000 + i*5) // two of a thread
		examples = append(examples, example(id, 0))
		predictions = append(predictions, said(id, "Acme", float64(100-i)/100))
	}
	examples = append(examples, dataset.Example{ID: 9990, ThreadID: 999, Rows: []int32{0}, Text: examples[97].Text})
	predictions = append(predictions, said(9990, "Bolt", 0.035))
	examples = append(examples, dataset.Example{ID: 9980, ThreadID: 998, Rows: []int32{0}, Text: strings.Repeat("ż", 700)})
	predictions = append(predictions, said(9980, "Bolt", 0.001))

	list := func(order []int) []Doubt {
		m := New(1, 0.5)
		for _, i := range order {
			add(t, m, examples[i:i+1], predictions[i])
		}
		return m.Summary().LeastSure
	}
	forward := make([]int, len(examples))
	for i := range forward {
		forward[i] = i
	}
	backward := slices.Clone(forward)
	slices.Reverse(backward)
	got := list(forward)
	if len(got) != 20 || got[0].Confidence != 0.001 || len([]rune(got[0].Text)) != 601 || got[1].Confidence != 0.01 || got[2].Confidence != 0.03 {
		t.Fatalf("%d are the least sure: %+v", len(got), got)
	}
	if !slices.IsSortedFunc(got, surer) || !slices.Equal(got, list(backward)) {
		t.Error("the order of the parts shows")
	}
}
