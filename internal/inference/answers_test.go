package inference

import (
	"testing"

	"switchboard/internal/dataset"
)

func TestAnswersThatMeanALabel(t *testing.T) {
	l := answersOf([]string{"AcmeAir", "BoltNet", "Bolt Net UK", "AT&T", "support@x.example", "J.Crew.", "'Quoted'", "Unknown Pleasures"})
	for answer, want := range map[string]string{
		"AcmeAir":                           "AcmeAir",
		" AcmeAir\n":                        "AcmeAir",
		"acmeair":                           "AcmeAir",
		"ACMEAIR.":                          "AcmeAir",
		"@AcmeAir":                          "AcmeAir",
		"@acmeair!":                         "AcmeAir",
		"#AcmeAir":                          "AcmeAir",
		"AcmeAir...":                        "AcmeAir",
		`"AcmeAir"`:                         "AcmeAir",
		`"AcmeAir".`:                        "AcmeAir",
		"'AcmeAir'":                         "AcmeAir",
		"`AcmeAir`":                         "AcmeAir",
		"“AcmeAir”":                         "AcmeAir",
		"„AcmeAir“":                         "AcmeAir",
		"«AcmeAir»":                         "AcmeAir",
		"**AcmeAir**":                       "AcmeAir",
		"*AcmeAir*":                         "AcmeAir",
		"# AcmeAir":                         "AcmeAir",
		"- AcmeAir":                         "AcmeAir",
		"```\nAcmeAir\n```":                 "AcmeAir",
		"```json\n{\"a\":\"AcmeAir\"}\n```": "AcmeAir",
		"<label>AcmeAir</label>":            "AcmeAir",
		"<Company> @AcmeAir </company>":     "AcmeAir",
		"<answer>AcmeAir":                   "AcmeAir",
		"Company: AcmeAir":                  "AcmeAir",
		"company = acmeair":                 "AcmeAir",
		"Answer: **AcmeAir**.":              "AcmeAir",
		"Label - AcmeAir":                   "AcmeAir",
		"Label -> AcmeAir":                  "AcmeAir",
		"The company is AcmeAir.":           "AcmeAir",
		"The company's name is AcmeAir":     "AcmeAir",
		"The answer is: @AcmeAir":           "AcmeAir",
		"It is AcmeAir.":                    "AcmeAir",
		"It's AcmeAir":                      "AcmeAir",
		`{"company": "AcmeAir"}`:            "AcmeAir",
		`{"label":"@acmeair"}`:              "AcmeAir",
		`["AcmeAir"]`:                       "AcmeAir",
		"\u200bAcmeAir\ufeff":               "AcmeAir",
		"bolt  net uk":                      "Bolt Net UK",
		"at&t":                              "AT&T",
		"Company: support@x.example.":       "support@x.example",
		"J.Crew.":                           "J.Crew.",
		"j.crew.":                           "J.Crew.",
		"'Quoted'":                          "'Quoted'",
		"<company>@AcmeAir</company>.":      "AcmeAir",
		`<label id="1">AcmeAir</label>`:     "AcmeAir",
		"**Company:** AcmeAir":              "AcmeAir",
		"**Company**: @acmeair":             "AcmeAir",
		"__Answer:__ `AcmeAir`.":            "AcmeAir",
		"1. AcmeAir":                        "AcmeAir",
		"Company：AcmeAir":                   "AcmeAir",
		"assistant: AcmeAir":                "AcmeAir",
		"AcmeAir</s>":                       "AcmeAir",
		"AcmeAir<|eot_id|>":                 "AcmeAir",
		"<think>\nNot BoltNet.\n</think>\n\nAcmeAir": "AcmeAir",
		"acme air":          "AcmeAir",
		"bolt net":          "BoltNet",
		"unknown":           dataset.Unknown,
		"Unknown.":          dataset.Unknown,
		"Company: Unknown":  dataset.Unknown,
		"unknown pleasures": "Unknown Pleasures",

		"":                                   "",
		"   ":                                "",
		"Acme":                               "",
		"AcmeAir or BoltNet":                 "",
		"AcmeAir, BoltNet":                   "",
		"AcmeAir\nBoltNet":                   "",
		"I think it is AcmeAir":              "",
		"AcmeAir because it names a flight":  "",
		"not AcmeAir":                        "",
		`{"company":"AcmeAir","second":"x"}`: "",
		`["AcmeAir","BoltNet"]`:              "",
		`{"company":{"name":"AcmeAir"}}`:     "",
		"<a>AcmeAir</b>":                     "",
		"<a>AcmeAir</a><a>BoltNet</a>":       "",
		"**AcmeAir** or **BoltNet**":         "",
		"**Not:** AcmeAir":                   "",
		"1. AcmeAir 2. BoltNet":              "",
		"@":                                  "",
		`""`:                                 "",
		"Company:":                           "",
		"The company":                        "",
		"My company BoltNet does not answer": "",
	} {
		if got := l.match(answer); got != want {
			t.Errorf("%q means %q, want %q", answer, got, want)
		}
	}
}

// Where two labels differ in case only, the case tells, and nothing else does.
func TestLabelsThatDifferInCase(t *testing.T) {
	l := answersOf([]string{"Bolt", "BOLT", "unknown"})
	for answer, want := range map[string]string{
		"Bolt": "Bolt", "BOLT": "BOLT", `"BOLT".`: "BOLT", "bolt": "", "@bolt": "", "unknown": "unknown", "Unknown": dataset.Unknown, "UNKNOWN": "",
	} {
		if got := l.match(answer); got != want {
			t.Errorf("%q means %q, want %q", answer, got, want)
		}
	}
}

func FuzzMatch(f *testing.F) {
	for _, seed := range []string{"AcmeAir", "Company: \"@acmeair\".", "<label>x</label>", `{"a":"AcmeAir"}`, "```\n\n```", "((((((((((((((((((AcmeAir", "''''"} {
		f.Add(seed)
	}
	l := answersOf([]string{"AcmeAir", "BoltNet"})
	f.Fuzz(func(t *testing.T, answer string) {
		got := l.match(answer)
		if got != "" && !l.exact[got] {
			t.Errorf("%q means %q, which is no label", answer, got)
		}
		if l.exact[answer] && got != answer {
			t.Errorf("the label %q means %q", answer, got)
		}
	})
}
