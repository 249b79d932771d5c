package pipeline

import (
	"fmt"
	"strings"
)

// Evaluation is how an anonymizer did on a set of labelled texts, and whether
// that is good enough for texts to leave the machine. The zero value is no
// evaluation, and clears nothing.
type Evaluation struct {
	// Anonymizer is the version of the anonymizer that was judged.
	Anonymizer string `json:"anonymizer"`
	// Models holds the version of each model, by the recognizer's name. It
	// tells the SHA-256 of the model's files.
	Models map[string]string `json:"models"`
	// Source is what the labelled texts are: [SourceTweets] or [SourceCalls]. Empty
	// stands for tweets.
	Source string `json:"source,omitempty"`
	// Set names the labelled texts, SetSHA256 is over them, Texts counts them.
	Set       string `json:"set"`
	SetSHA256 string `json:"set_sha256"`
	Texts     int    `json:"texts"`
	// Recall is the share of labelled details of which nothing was left, by
	// kind, with a 95% confidence interval.
	Recall map[string]Proportion `json:"recall"`
	// Passed tells that every kind reached what is asked. Failed says what did
	// not, in sentences, otherwise.
	Passed bool     `json:"passed"`
	Failed []string `json:"failed,omitempty"`
}

// What texts an anonymizer is evaluated on. What passes on tweets has shown nothing of
// calls.
const (
	SourceTweets = "tweets"
	SourceCalls  = "calls"
)

// Kinds of personal details. Each is at the same time what stands in a text in the place
// of such a detail. Tweets have the first six, calls all of them.
const (
	PersonDetail     = "Person"
	EmailDetail      = "Email"
	PhoneDetail      = "Phone"
	CardDetail       = "Card"
	IbanDetail       = "Iban"
	BookingDetail    = "Booking"
	AddressDetail    = "Address"
	BirthDateDetail  = "BirthDate"
	AccountDetail    = "Account"
	NationalIDDetail = "NationalID"
	PassportDetail   = "Passport"
)

// Details returns all kinds.
func Details() []string {
	return []string{
		PersonDetail, EmailDetail, PhoneDetail, CardDetail, IbanDetail, BookingDetail,
		AddressDetail, BirthDateDetail, AccountDetail, NationalIDDetail, PassportDetail,
	}
}

// Proportion is Count of Of, as a share with its 95% Wilson interval. Of
// nothing the share is 0 and the interval reaches from 0 to 1.
type Proportion struct {
	Count int     `json:"count"`
	Of    int     `json:"of"`
	Share float64 `json:"share"`
	Low   float64 `json:"low"`
	High  float64 `json:"high"`
}

// Clearance is what texts need to leave the machine: which anonymizer made them, and
// how that one did. The two travel together to every step that sends texts, and
// each such step asks [Clearance.Check]. The zero value clears nothing; it is what
// a run has that began before there was an evaluation.
type Clearance struct {
	// Anonymizer is the version of the rules and the model that made the texts.
	Anonymizer string     `json:"anonymizer"`
	Evaluation Evaluation `json:"evaluation"`
}

// ClearanceBy is that of texts which the anonymizer makes that was judged.
func ClearanceBy(e Evaluation) Clearance { return Clearance{Anonymizer: e.Anonymizer, Evaluation: e} }

// Check returns nil if the texts may leave the machine, and a [Problem] of kind
// Refused that says why not otherwise: nothing tells which anonymizer made them,
// it was not judged or did not pass, or another one was judged.
func (c Clearance) Check() error {
	version, e := c.Anonymizer, c.Evaluation
	switch {
	case version == "":
		return refused("nothing tells which anonymizer made these texts, so they may not leave the machine; prepare the dataset anew")
	case e.Anonymizer == "":
		return refused("the anonymizer that made these texts was not evaluated, so they may not leave the machine; start the run anew with workers that evaluate it")
	case !e.Passed:
		return refused("the anonymizer leaves too much behind, so its texts may not leave the machine: %s; correct the lists of names (SWITCHBOARD_ALLOW_NAMES, SWITCHBOARD_DENY_NAMES) or the model (SWITCHBOARD_NER_MODEL), and see what leaks with `worker scan --evaluate`",
			strings.Join(e.Failed, "; "))
	case e.Anonymizer != version:
		return refused("the texts were made by version %.12s of the anonymizer, and version %.12s was evaluated, so they may not leave the machine; give all workers the same settings and release, and start the run anew", version, e.Anonymizer)
	}
	return nil
}

func refused(format string, args ...any) *Problem {
	return &Problem{Kind: Refused, Text: fmt.Sprintf(format, args...)}
}
