package review

import (
	"slices"
	"strings"
)

// Suspect is an account whose labels are to be looked at before a model learns from
// them.
type Suspect struct {
	// Account is its id.
	Account string `json:"account"`
	// Against is the share of the judgements in which the account alone goes against
	// what a model was sure of, and Others that of everybody else.
	Against Proportion `json:"against"`
	Others  Proportion `json:"others"`
}

// The bounds of what is suspicious.
const (
	// enough is how many judgements of sure answers an account has before anything is
	// said of it: ten that all go against the model are no accident.
	enough = 10
	// most is the share that no account goes against sure answers alone: a model whose
	// sure answers are mostly wrong would be seen by others as well.
	most = 0.5
	// least is the share up to which nobody is suspicious, however right all others
	// find the model.
	least = 0.2
	// times is how many times as often as others an account may go against the model.
	times = 2
)

// Suspects returns the accounts that go against sure answers much more often than all
// others do, by id. Nothing is proven by it: a person has to look.
//
// A model can be wrong, and who says so is right. So what goes against a sure answer
// counts only where the account stands alone: where nobody else who judged the same
// call gives its label, and where of the others who judged sure answers that name the
// same company not more than half go against them. Of these the lower end of the 95%
// interval is compared, so that few judgements make nobody suspicious, with twice the
// upper end of what the others do; the bound is never below a fifth nor above half. So
// one account that lies is found, and one that says first what others will find as well
// may be: whoever looks can tell. Accounts that lie together back each other, and are
// not found by counting.
func Suspects(calls []Judged) []Suspect {
	sure := slices.DeleteFunc(pointers(calls), func(j *Judged) bool { return !j.Answered() })
	all := opinionsOf(sure)
	own := map[string]*tally{}
	for _, j := range sure {
		for _, l := range j.Labels {
			t := own[l.Reviewer]
			if t == nil {
				t = &tally{}
				own[l.Reviewer] = t
			}
			others := all.others(l.Reviewer, j.Company)
			t.add(l.Label != j.Company && !others.mostlyAgainst() && !j.backs(l.Reviewer, l.Label))
		}
	}
	suspects := []Suspect{}
	for account, t := range own {
		if s, suspicious := weigh(account, *t, all.others(account, "")); suspicious {
			suspects = append(suspects, s)
		}
	}
	slices.SortFunc(suspects, func(a, b Suspect) int { return strings.Compare(a.Account, b.Account) })
	return suspects
}

// weigh compares one account with all others.
func weigh(account string, own, all tally) (Suspect, bool) {
	s := Suspect{account, ProportionOf(own.against, own.judged), ProportionOf(all.against, all.judged)}
	bar := most
	if all.judged >= enough {
		bar = min(max(times*float64(s.Others.High), least), most)
	}
	return s, own.judged >= enough && float64(s.Against.Low) > bar
}

// opinions count judgements by the account, empty for all, and by the company that the
// model named, empty for any.
type opinions map[[2]string]tally

// opinionsOf counts judgements of sure answers.
func opinionsOf(sure []*Judged) opinions {
	s := opinions{}
	for _, j := range sure {
		for _, l := range j.Labels {
			for _, key := range [][2]string{{"", ""}, {"", j.Company}, {l.Reviewer, ""}, {l.Reviewer, j.Company}} {
				t := s[key]
				t.add(l.Label != j.Company)
				s[key] = t
			}
		}
	}
	return s
}

// others are the judgements of everybody but an account.
func (s opinions) others(account, company string) tally {
	all, own := s[[2]string{"", company}], s[[2]string{account, company}]
	return tally{all.against - own.against, all.judged - own.judged}
}

// tally counts judgements of sure answers.
type tally struct{ against, judged int64 }

func (t *tally) add(against bool) {
	t.judged++
	if against {
		t.against++
	}
}

func (t *tally) mostlyAgainst() bool { return 2*t.against > t.judged }

// backs tells that somebody else gives an account's label.
func (j *Judged) backs(account, label string) bool {
	return slices.ContainsFunc(j.Labels, func(l Label) bool { return l.Reviewer != account && l.Label == label })
}
