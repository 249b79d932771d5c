package review

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
	var all Sums
	for i := range calls {
		all.countReviewers(&calls[i])
	}
	return all.suspects()
}

func (s *Sums) suspects() []Suspect {
	var all Opinion
	of := map[string]*Opinion{}
	for _, r := range s.Reviewers {
		for company, o := range r.Sure {
			if of[company] == nil {
				of[company] = &Opinion{}
			}
			of[company].add(o, 1)
			all.add(o, 1)
		}
	}
	suspects := []Suspect{}
	for _, account := range s.accounts() {
		r := s.Reviewers[account]
		own, others := r.all(), all
		others.add(&own, -1)
		own.Against = 0
		for company, o := range r.Sure {
			about := *of[company]
			about.add(o, -1)
			if !about.mostlyAgainst() {
				own.Against += o.Alone
			}
		}
		if s, suspicious := weigh(account, own, others); suspicious {
			suspects = append(suspects, s)
		}
	}
	return suspects
}

// weigh compares one account with all others.
func weigh(account string, own, all Opinion) (Suspect, bool) {
	s := Suspect{account, ProportionOf(own.Against, own.Judged), ProportionOf(all.Against, all.Judged)}
	bar := most
	if all.Judged >= enough {
		bar = min(max(times*float64(s.Others.High), least), most)
	}
	return s, own.Judged >= enough && float64(s.Against.Low) > bar
}

func (o *Opinion) mostlyAgainst() bool { return 2*o.Against > o.Judged }
