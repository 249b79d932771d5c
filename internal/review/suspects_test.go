package review

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"
)

// said adds a call of which a model was sure, with what one or several people say.
func said(calls []Judged, company string, labels ...Label) []Judged {
	j := sure(len(calls), company)
	j.Labels = labels
	return append(calls, j)
}

// honest are calls that so many people judge in turn, of which the model has one
// wrong in each 20.
func honest(calls []Judged, n int, people ...string) []Judged {
	for i := range n {
		label := "A"
		if i/len(people)%20 == 7 {
			label = "B"
		}
		calls = said(calls, "A", Label{people[i%len(people)], label})
	}
	return calls
}

func accounts(suspects []Suspect) []string {
	all := []string{}
	for _, s := range suspects {
		all = append(all, s.Account)
	}
	return all
}

func TestSuspects(t *testing.T) {
	flips := func(calls []Judged, who string, wrong, right int) []Judged {
		for range wrong {
			calls = said(calls, "A", Label{who, "Z"})
		}
		for range right {
			calls = said(calls, "A", Label{who, "A"})
		}
		return calls
	}
	for name, c := range map[string]struct {
		calls []Judged
		want  []string
	}{
		"nobody":                          {nil, nil},
		"people who are right":            {honest(nil, 200, "anna", "bert"), nil},
		"one flips all":                   {flips(honest(nil, 200, "anna", "bert"), "eve", 10, 0), []string{"eve"}},
		"one flips half":                  {flips(honest(nil, 200, "anna", "bert"), "eve", 20, 20), []string{"eve"}},
		"one flips all, with nobody else": {flips(nil, "eve", 10, 0), []string{"eve"}},
		"nine judgements are too few":     {flips(honest(nil, 200, "anna", "bert"), "eve", 9, 0), nil},
		"a few slips":                     {flips(honest(nil, 200, "anna", "bert"), "carl", 3, 20), nil},
		"half of those of one alone":      {flips(nil, "carl", 10, 10), nil},
	} {
		if got := accounts(Suspects(c.calls)); !slices.Equal(got, c.want) {
			t.Errorf("%s: suspicious are %v, want %v", name, got, c.want)
		}
	}
}

// A model that takes one company for another is told so by whoever looks.
func TestWhoeverIsRightAboutAWrongModelIsNotSuspicious(t *testing.T) {
	calls := honest(nil, 200, "anna", "bert")
	for range 30 {
		calls = said(calls, "Wrong", Label{"carl", "Right"})
	}
	if got := accounts(Suspects(calls)); !slices.Equal(got, []string{"carl"}) {
		t.Errorf("as long as nobody else looked, suspicious are %v", got)
	}
	same := slices.Clone(calls)
	for i := 200; i < 230; i++ { // somebody looks at the same calls
		same[i].Labels = append(slices.Clone(same[i].Labels), Label{"anna", "Right"})
	}
	if got := accounts(Suspects(same)); len(got) > 0 {
		t.Errorf("although anna agrees about these calls, suspicious are %v", got)
	}
	other := calls
	for i := range 6 { // or at others of that company
		other = said(other, "Wrong", Label{[]string{"anna", "bert"}[i%2], "Right"})
	}
	if got := accounts(Suspects(other)); len(got) > 0 {
		t.Errorf("although others agree about the company, suspicious are %v", got)
	}
	for i := range 12 { // eve is not covered by that company
		other = said(other, "A", Label{"eve", fmt.Sprint("Z", i)})
	}
	if got := accounts(Suspects(other)); !slices.Equal(got, []string{"eve"}) {
		t.Errorf("suspicious are %v, want eve", got)
	}
}

// Who finds wrong answers about a company that is mostly right is backed by whoever
// finds the same of the same calls.
func TestWhoeverIsBackedIsNotSuspicious(t *testing.T) {
	calls := honest(nil, 200, "anna", "bert")
	for range 12 {
		calls = said(calls, "A", Label{"carl", "Right"}, Label{"anna", "Right"})
	}
	if got := accounts(Suspects(calls)); len(got) > 0 {
		t.Errorf("suspicious are %v", got)
	}
	for i := 200; i < 212; i++ { // anna said something else of them
		calls[i].Labels[1].Label = "A"
	}
	if got := accounts(Suspects(calls)); !slices.Equal(got, []string{"carl"}) {
		t.Errorf("suspicious are %v, want carl", got)
	}
}

func TestSuspectsAreTheSameHoweverCallsCome(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	for range 50 {
		var calls []Judged
		for range 10 {
			calls = append(calls, anything(random)...)
		}
		for i := range calls {
			calls[i].CallID = fmt.Sprint(i)
		}
		want := Suspects(calls)
		random.Shuffle(len(calls), func(a, b int) { calls[a], calls[b] = calls[b], calls[a] })
		if got := Suspects(calls); !reflect.DeepEqual(got, want) {
			t.Fatalf("suspicious are %+v, then %+v", want, got)
		}
	}
}
