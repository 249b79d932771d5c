package anonymize

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/nyaruka/phonenumbers"

	"switchboard/internal/text"
)

var update = flag.Bool("update", false, "write testdata/rules.golden anew")

// labelled is a tweet that knows what has to go.
type labelled struct {
	text  string
	kind  string // "" if nothing has to go
	class string // what it is an example of
	start int
	end   int
}

// generator writes tweets as customers and agents write them.
type generator struct{ *rand.Rand }

func pick[T any](g generator, list ...T) T { return list[g.IntN(len(list))] }

func (g generator) digits(n int) string {
	var b strings.Builder
	for range n {
		b.WriteByte(byte('0' + g.IntN(10)))
	}
	return b.String()
}

// Half of the names are in the word lists, half are made up.
func (g generator) name() string {
	return pick(g, "Becky", "Naomi", "Josh", "Priya", "Mohammed", "Zoë", "José", "Will", "Grace", "Jean-Luc",
		"Tamsyne", "Quorrin", "Vorrika", "Brixley", "Okonwe", "Delphira", "Xanthor", "Miraleth", "Joosep", "Ysabeau")
}

func (g generator) initials() string {
	var b strings.Builder
	for range 1 + g.IntN(3) {
		b.WriteByte(byte('A' + g.IntN(26)))
	}
	return b.String()
}

func (g generator) sentence() string {
	return pick(g, "We're sorry for the trouble.", "Please send us a message with your details!", "That should do the trick 😊",
		"It is on its way, and will be with you by 6pm.", "Did you try again since then?", "I have asked our team to look into this.",
		"Lo sentimos mucho.", "Your order 5551234567 has left our warehouse.", "See here: <url>")
}

func (g generator) card() string {
	prefix, n := pick(g, "4", "51", "5425", "2221", "34", "37", "6011", "65", "3530"), 16
	if strings.HasPrefix(prefix, "34") || strings.HasPrefix(prefix, "37") {
		n = 15
	}
	d := []byte(prefix + g.digits(n-len(prefix)-1) + "0")
	for !luhn(d) {
		d[n-1]++
	}
	s := string(d)
	switch {
	case g.IntN(2) == 0:
		return s
	case n == 15:
		return s[:4] + " " + s[4:10] + " " + s[10:]
	}
	sep := pick(g, " ", "-")
	return strings.Join([]string{s[:4], s[4:8], s[8:12], s[12:]}, sep)
}

func (g generator) iban() string {
	countries := []string{"DE", "GB", "FR", "NL", "ES", "IT", "CH", "PL"}
	country := countries[g.IntN(len(countries))]
	body := g.digits(ibanLengths[country] - 4)
	if country == "GB" || country == "NL" {
		body = "BANK" + body[4:]
	}
	iban := []byte(country + "00" + body)
	check := 98 - mod97(iban)
	iban[2], iban[3] = byte('0'+check/10), byte('0'+check%10)
	if g.IntN(2) == 0 {
		return string(iban)
	}
	var groups []string
	for chunk := range slices.Chunk(iban, 4) {
		groups = append(groups, string(chunk))
	}
	return strings.Join(groups, " ")
}

// phone varies the library's example numbers, so that they exist.
func (g generator) phone() string {
	for {
		region := pick(g, "US", "US", "GB", "IN", "AU", "DE", "FR", "ES", "ZA", "NG")
		kind := pick(g, phonenumbers.MOBILE, phonenumbers.FIXED_LINE)
		n := phonenumbers.GetExampleNumberForType(region, kind)
		national := n.GetNationalNumber()
		varied := national - national%1000 + uint64(g.IntN(1000))
		n.NationalNumber = &varied
		if !phonenumbers.IsValidNumber(n) {
			continue
		}
		return phonenumbers.Format(n, pick(g, phonenumbers.INTERNATIONAL, phonenumbers.NATIONAL, phonenumbers.E164))
	}
}

func (g generator) booking() string {
	const chars = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
	for {
		var b strings.Builder
		for range 6 {
			b.WriteByte(chars[g.IntN(len(chars))])
		}
		if s := b.String(); strings.ContainsAny(s, "23456789") && !isFlight(s) && strings.ContainsAny(s[2:], "ABCDEFGHJKLMNPQRSTUVWXYZ") {
			return s
		}
	}
}

// around puts the datum into the first %s of the form.
func around(form, datum, kind, class string) labelled {
	start := strings.Index(form, "%s")
	return labelled{text: form[:start] + datum + form[start+2:], kind: kind, class: class, start: start, end: start + len(datum)}
}

func (g generator) positive(class string) labelled {
	s := g.sentence()
	switch class {
	case "email":
		return around(pick(g, "my address is %s, please write. "+s, s+" %s", "(%s) "+s),
			pick(g, "jo.doe", "x_1", "liz+box", "a.b-c")+"@"+pick(g, "example.com", "mail.example.co.uk", "sub-1.example.org"), Email, class)
	case "phone":
		return around(pick(g, "please call %s today. "+s, s+" My number: %s.", "You can reach us at %s! "+s, "mobile %s"), g.phone(), Phone, class)
	case "card":
		return around(pick(g, "you charged my card %s twice. "+s, s+" %s", "card number: %s, why?"), g.card(), Card, class)
	case "iban":
		return around(pick(g, "my account is %s. "+s, s+" IBAN %s", "(%s)"), g.iban(), Iban, class)
	case "booking":
		return around(pick(g, "booking reference %s, please. "+s, s+" Booking ref: %s", "PNR %s", "confirmation # %s "+s), g.booking(), Booking, class)
	case "greeting":
		return around(pick(g, "Hi %s, ", "Hello, %s! ", "Hey %s. ", "Hi there %s, ", "Thanks, %s! ", "Sorry %s, ", "Good morning %s! ", "Dear %s, ")+s, g.name(), Person, class)
	case "signoff":
		form := pick(g, " -%s", " ^%s", " *%s", " ~%s", " /%s", " - %s", "^%s") + pick(g, "", "", " <url>", " 1/2", " (2/2)")
		if !strings.ContainsAny(s[len(s)-1:], ".!?>") && strings.HasPrefix(form, " - ") {
			form = strings.Replace(form, " - ", " -", 1)
		}
		if g.IntN(2) == 0 {
			return around(s+form, g.name(), Person, class)
		}
		return around(s+form, g.initials(), Person, "initials")
	}
	panic(class)
}

func (g generator) negative() labelled {
	s := g.sentence()
	form, class := "", pick(g, "order", "price", "time", "flight", "version", "tracking", "case", "route", "words")
	switch class {
	case "order":
		form = pick(g, "order number "+g.digits(10), "order #"+g.digits(16), "order "+g.digits(3)+"-"+g.digits(7)+"-"+g.digits(7), "Order no. "+g.digits(9))
	case "price":
		form = pick(g, "I paid $"+g.digits(3)+".99", "£"+g.digits(10), "it costs 1,299,00"+g.digits(1)+" rupees", "€ "+g.digits(7))
	case "time":
		form = pick(g, "from 10:30 to 11:45 on 2017-10-31", "31.10.2017 18:30", "2016-2017", "between 0800 and 1730", "20171031")
	case "flight":
		form = pick(g, "BA"+g.digits(4), "flight DL "+g.digits(4), "AA"+g.digits(3)+" and UA"+g.digits(3))
	case "version":
		form = pick(g, "version 8.4."+g.digits(2)+"."+g.digits(3), "iOS 11.0.3 (15A432)", "192.168.1."+g.digits(2), "v1.0.65.320")
	case "tracking":
		form = pick(g, "tracking # 94001"+g.digits(17), "tracking number 1Z"+g.digits(16), "parcel JD"+g.digits(16))
	case "case":
		form = pick(g, "Case "+g.digits(8), "case number "+g.digits(10), "reference "+g.digits(12), "claim no. "+g.digits(8))
	case "route":
		form = pick(g, "on LHR-JFK again", "LAS - ATL", "from Dallas to Austin, Texas.", "at Paris, again", "Newark / Boston")
	case "words":
		form = pick(g, "Terrible service. Pathetic", "Hi there! Can you help? Thanks", "Hey Delta, why", "Thanks Virgin!", "Dear Customer,",
			"no Wi-Fi *sigh*", "we are here 24/7", "Hi Team, hello", "my name is spelled wrong", "Will you help in May?")
	}
	if g.IntN(2) == 0 {
		return labelled{text: form, class: class}
	}
	return labelled{text: s + " " + form, class: class}
}

func generate(seed uint64, n int) []labelled {
	g := generator{rand.New(rand.NewPCG(seed, seed))}
	var set []labelled
	for i := range n {
		set = append(set, g.positive([]string{"email", "phone", "card", "iban", "booking", "greeting", "signoff"}[i%7]), g.negative())
	}
	return set
}

// On generated tweets: how much is found, and how much else is taken.
func TestGeneratedTweets(t *testing.T) {
	a := rulesAlone(t)
	found, all := map[string]int{}, map[string]int{}
	wrong, clean, changed := 0, 0, 0
	for _, l := range generate(1, 2000) {
		r := one(t, a, l.text)
		check(t, l.text, r)
		if l.kind == "" {
			clean++
			if len(r.Spans) > 0 {
				changed++
				t.Logf("%s: %q became %q", l.class, l.text, r.Text)
			}
			if slices.ContainsFunc(r.Spans, func(sp Span) bool { return sp.Kind == Phone || sp.Kind == Card || sp.Kind == Iban }) {
				wrong++
			}
			continue
		}
		all[l.class]++
		// Nothing of the datum may be left, and the kind has to be right.
		if slices.ContainsFunc(r.Spans, func(sp Span) bool { return sp.Kind == l.kind && sp.Start <= l.start && sp.End >= l.end }) {
			found[l.class]++
		} else {
			t.Logf("%s: %q became %q", l.class, l.text, r.Text)
		}
	}
	for class, least := range map[string]float64{
		"email": 1, "card": 1, "iban": 1, "phone": 1, "booking": 1, "greeting": 0.98, "signoff": 0.98, "initials": 0.98,
	} {
		if share := float64(found[class]) / float64(all[class]); share < least {
			t.Errorf("%s: found %d of %d, want %.0f%%", class, found[class], all[class], 100*least)
		}
	}
	if share := float64(wrong) / float64(clean); share > 0.01 {
		t.Errorf("%d of %d orders, prices, times and versions were taken for a phone, card or IBAN", wrong, clean)
	}
	if share := float64(changed) / float64(clean); share > 0.02 {
		t.Errorf("%d of %d tweets without personal data were changed", changed, clean)
	}
}

// The version under which results are kept has to change when the rules do.
// The golden file holds the revision, the word lists' hash and what the rules
// make of generated tweets.
func TestRulesRevision(t *testing.T) {
	a := rulesAlone(t)
	lists := sha256.Sum256([]byte(namesFile + commonFile + allowFile))
	head := fmt.Sprintf("revision %d, lists %s\n", rulesRevision, hex.EncodeToString(lists[:8]))
	var b strings.Builder
	for _, c := range ruleCases {
		fmt.Fprintf(&b, "%q\n", one(t, a, c.text).Text)
	}
	for _, c := range slices.Concat(slashedPhones, extendedPhones, linkedPhones, otherPhones, spacedEmails, commaEmails, otherEmails, mentions, brandNames) {
		fmt.Fprintf(&b, "%q\n", one(t, a, text.Clean(c.raw)).Text)
	}
	for _, l := range generate(2, 200) {
		fmt.Fprintf(&b, "%q\n", one(t, a, l.text).Text)
	}
	path := filepath.Join("testdata", "rules.golden")
	old, err := os.ReadFile(path)
	if err != nil && !*update {
		t.Fatal(err)
	}
	oldHead, oldBody, _ := strings.Cut(string(old), "\n")
	oldHead += "\n"
	switch {
	case *update:
		if err := os.WriteFile(path, []byte(head+b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	case oldHead == head && oldBody != b.String():
		t.Error("the rules do other than before under the same version: raise rulesRevision, then run this test with -update")
	case oldHead != head:
		t.Error("the version has changed: run this test with -update")
	}
}

// BenchmarkThreads runs the whole of the rules, on all cores, over tweets of
// which each is another one.
func BenchmarkThreads(b *testing.B) {
	a := rulesAlone(b)
	var threads [][]string
	for i, l := range generate(3, 5000) {
		threads = append(threads, []string{l.text, fmt.Sprintf("thanks for that, it is still not here after %d days, what else can I do?", i)})
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := a.Threads(context.Background(), threads); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.N*2*len(threads))/b.Elapsed().Seconds(), "tweets/s")
}
