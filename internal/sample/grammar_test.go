package sample

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// Every company can say everything in every language: no rule is missing, no
// symbol misspelt.
func TestGrammarIsComplete(t *testing.T) {
	w, err := newWriter(1)
	if err != nil {
		t.Fatal(err)
	}
	for key, rule := range w.grammar {
		lang := key.lang
		if lang == "" {
			lang = "en"
		}
		for _, c := range w.companies {
			if strings.HasPrefix(key.scope, "@") && key.scope != "@"+c.handle {
				continue
			}
			w.cast(c)
			w.lang, w.trade = lang, key.scope
			for _, p := range rule {
				w.expand(p) // panics where a rule is missing
			}
		}
	}
}

func TestTopicsAreComplete(t *testing.T) {
	g, err := loadGrammar()
	if err != nil {
		t.Fatal(err)
	}
	topics := 0
	for key, rule := range g {
		if key.name != "topic" {
			continue
		}
		for _, p := range rule {
			topics++
			for _, part := range []string{"open", "more", "agent"} {
				name := p[0].text + "." + part
				if len(g[ruleKey{key.scope, key.lang, name}]) == 0 {
					t.Errorf("the topic %s of %q in %s has no rule %s", p[0].text, key.scope, key.lang, name)
				}
			}
		}
	}
	if topics == 0 {
		t.Error("there are no topics")
	}
}

// A rule of a company must belong to one that exists, and every company needs
// the words that make it one.
func TestCompaniesHaveWords(t *testing.T) {
	g, err := loadGrammar()
	if err != nil {
		t.Fatal(err)
	}
	companies, err := loadCompanies()
	if err != nil {
		t.Fatal(err)
	}
	scopes := map[string]bool{"": true}
	sectors := map[string]int{}
	for _, c := range companies {
		scopes["@"+c.handle], scopes[c.sector] = true, true
		sectors[c.sector]++
		for _, noun := range []string{"brand", "product"} {
			if len(g[ruleKey{"@" + c.handle, "", noun}]) == 0 {
				t.Errorf("%s has no rule %s", c.handle, noun)
			}
		}
		for _, lang := range c.languages {
			if !slices.Contains(languages, lang) {
				t.Errorf("%s speaks %q, for which there is no grammar", c.handle, lang)
			}
		}
		if len(g[ruleKey{c.sector, "en", "topic"}]) == 0 {
			t.Errorf("%s is in the sector %s, which has no topics", c.handle, c.sector)
		}
	}
	for key := range g {
		if !scopes[key.scope] {
			t.Errorf("the rule %s is for %q, which is no sector and no company", key.name, key.scope)
		}
	}
	for sector, n := range sectors {
		if n < 3 {
			t.Errorf("the sector %s has %d companies; with fewer than 3 they are too easy to tell apart", sector, n)
		}
	}
}

func TestParseGrammar(t *testing.T) {
	for _, tt := range []struct{ name, in, wantErr string }{
		{"fine", "# a comment\nrule:\n  one {two} | [three|four]\n", ""},
		{"no colon", "rule\n  one\n", "line 1: a rule's name ends with a colon"},
		{"twice", "rule:\n  one\nrule:\n  two\n", "line 3: the rule rule is there twice"},
		{"no rule", "  one\n", "line 1: a production before any rule"},
		{"open brace", "rule:\n  one {two\n", "line 2"},
		{"open bracket", "rule:\n  one [two\n", "line 2"},
		{"empty symbol", "rule:\n  one {}\n", "line 2"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			err := make(grammar).parse("en", tt.in)
			if tt.wantErr == "" && err != nil || tt.wantErr != "" && (err == nil || !strings.Contains(err.Error(), tt.wantErr)) {
				t.Errorf("error %v, want %q", err, tt.wantErr)
			}
		})
	}
}

func TestRuleNames(t *testing.T) {
	for _, tt := range []struct {
		file, heading string
		want          ruleKey
	}{
		{"es", "plea", ruleKey{"", "es", "plea"}},
		{"es", "airline/fly.open", ruleKey{"airline", "es", "fly.open"}},
		{"airline", "delay.open", ruleKey{"airline", "en", "delay.open"}},
		{"airline", "@AeroLumenCare/product", ruleKey{"@AeroLumenCare", "", "product"}},
		{"airline", "@AeroLumenCare/house", ruleKey{"@AeroLumenCare", "en", "house"}},
		{"airline", "@AeroLumenCare/es.house", ruleKey{"@AeroLumenCare", "es", "house"}},
		{"names", "first", ruleKey{"", "", "first"}},
	} {
		g := make(grammar)
		if err := g.parse(tt.file, tt.heading+":\n  words\n"); err != nil {
			t.Fatal(err)
		}
		if _, ok := g[tt.want]; !ok {
			t.Errorf("%s in %s.txt is not %+v", tt.heading, tt.file, tt.want)
		}
	}
}

func TestUnmark(t *testing.T) {
	marked := "Hi " + mark(person, "Zoë") + ", call " + mark(phone, "555") + mark(initials, "JB")
	got, spans := unmark(escape(marked))
	if want := "Hi Zoë, call 555JB"; got != want {
		t.Errorf("text %q, want %q", got, want)
	}
	if want := []Span{{Person, 3, 7}, {Phone, 14, 17}, {Initials, 17, 19}}; !slices.Equal(spans, want) {
		t.Errorf("spans %v, want %v", spans, want)
	}
	if got := visible(marked); got != 18 {
		t.Errorf("%d visible characters, want 18", got)
	}
}

// Typing, cutting and removing mentions never tear a detail or touch its
// letters, but for their case.
func TestDetailsSurvive(t *testing.T) {
	w, err := newWriter(5)
	if err != nil {
		t.Fatal(err)
	}
	for range 3000 {
		w.cast(choose(&w.voice, w.lottery))
		detail := w.word("first") + " " + w.word("last")
		text := w.say("customer.angry") + " " + mark(person, detail) + " @Acme " + w.say("customer.thanks")
		typed := w.typed(text, w.habits())
		for _, s := range []string{typed, withoutMentions(typed), cut(typed+" and more", 80), escape(typed)} {
			got, spans := unmark(s)
			for _, span := range spans {
				if span.End < span.Start {
					t.Fatalf("%q: a detail is not closed", s)
				}
				name := got[span.Start:span.End]
				if span.Kind == Person && strings.Contains(name, " ") && !strings.EqualFold(name, detail) && !strings.EqualFold(name, escape(detail)) {
					t.Fatalf("%q became %q", detail, name)
				}
			}
		}
	}
}

func TestWithoutMentions(t *testing.T) {
	for in, want := range map[string]string{
		"@Acme where is it":         "where is it",
		"ask @Acme.":                "ask .",
		"Yo @Acme, hello":           "Yo , hello",
		"@123 @Acme hi":             "hi",
		".@Acme hi":                 ".hi",
		"money with @Acme again":    "money with again",
		"mail me@example.com @Acme": "mail me@example.com",
		"@Acme":                     "",
		"one\n@Acme two":            "one\ntwo",
		"@12" + mark(person, "Ann"): mark(person, "Ann"),
	} {
		if got := withoutMentions(in); got != want {
			t.Errorf("withoutMentions(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestSeparators(t *testing.T) {
	v := &voice{Rand: rand.New(rand.NewPCG(1, 1))}
	for id, want := range map[string][]string{
		"155157":   {"155,157", "1,55,157"},
		"15761574": {"15,761,574", "1,57,61,574"},
		"2011":     {"2,011"},
		"201":      nil,
		"12,13":    nil,
		"":         nil,
	} {
		for range 20 {
			r := Row{Fields: []string{id}}
			changed := separators(0)(v, &r)
			if changed != (want != nil) || changed && !slices.Contains(want, r.Fields[0]) {
				t.Errorf("separators(%q) = %q, %v; want one of %q", id, r.Fields[0], changed, want)
			}
		}
	}
}

// ISO 13616: with its first four characters moved to the end and letters as
// numbers, an IBAN is 1 modulo 97.
func TestIBAN(t *testing.T) {
	v := &voice{Rand: rand.New(rand.NewPCG(1, 1))}
	for range 200 {
		iban := v.iban()
		rest := 0
		for _, c := range iban[4:] + iban[:4] {
			if c >= 'A' {
				rest = rest*100 + int(c-'A') + 10
			} else {
				rest = rest*10 + int(c-'0')
			}
			rest %= 97
		}
		if rest != 1 {
			t.Fatalf("%s has wrong check digits", iban)
		}
	}
}

// Luhn, ISO/IEC 7812-1.
func TestCards(t *testing.T) {
	for _, number := range testCards {
		digits := strings.NewReplacer(" ", "", "-", "").Replace(number)
		sum := 0
		for i := range len(digits) {
			d := int(digits[len(digits)-1-i] - '0')
			if i%2 == 1 {
				d = d*2 - d*2/10*9
			}
			sum += d
		}
		if sum%10 != 0 {
			t.Errorf("%s has a wrong check digit", number)
		}
	}
}

func TestLabelTies(t *testing.T) {
	var tie tally
	for _, name := range []string{"b", "a", "a", "b"} {
		tie.add(name)
	}
	if got := tie.most(); got != "b" {
		t.Errorf("of equals %q is most, want the first, b", got)
	}
	var empty tally
	if got := empty.most(); got != "Unknown" {
		t.Errorf("of none %q is most, want Unknown", got)
	}
}
