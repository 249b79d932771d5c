package sample

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
)

// How much of their own words companies and sectors use, rather than words
// that others use as well. These set how hard the data is: lower is harder.
const (
	ownNouns = 0.9
	// ownTrade is the share of threads about the sector's own topics.
	ownTrade = 0.88
)

// voice expands rules for one thread: it knows who talks to whom, and in
// which language.
type voice struct {
	*rand.Rand
	grammar   grammar
	companies []*company

	company *company
	// other is a company of another trade, rival one of the same.
	other, rival *company
	lang         string
	// customer's number, and what the people of the thread are called.
	customer              int
	you, staff, agentName string
	// caller is the customer of a call.
	caller caller
	// trade is the sector that the topic belongs to, "" for none.
	trade string
	// body is what the next {body} stands for.
	body string
}

// chance is true with probability p.
func (v *voice) chance(p float64) bool { return v.Float64() < p }

// choose returns one of the choices.
func choose[T any](v *voice, choices []T) T { return choices[v.IntN(len(choices))] }

// say expands a rule, looking for it with the company first, then in its
// sector, then in what all share.
func (v *voice) say(name string) string {
	var found [][]production
	for _, key := range []ruleKey{
		{"@" + v.company.handle, v.lang, name},
		{"@" + v.company.handle, "", name},
		{v.company.sector, v.lang, name},
		{"", v.lang, name},
		{"", "", name},
	} {
		if rule, ok := v.grammar[key]; ok {
			found = append(found, rule)
		}
	}
	// A noun that nobody translated, or one of another trade, whose company
	// passed the thread on.
	for _, scope := range []string{v.company.sector, v.trade} {
		if rule, ok := v.grammar[ruleKey{scope, "en", name}]; ok && len(found) == 0 {
			found = append(found, rule)
		}
	}
	if len(found) == 0 {
		panic(fmt.Sprintf("the grammar has no rule %q for %s in %q", name, v.company.handle, v.lang))
	}
	for len(found) > 1 && !v.chance(ownNouns) {
		found = found[1:]
	}
	rule := found[0]
	if strings.HasPrefix(name, "agent.") {
		rule = v.company.playbook(v.lang, name, rule)
	}
	return v.expand(choose(v, rule))
}

// has tells whether the company has a rule of its own in this language.
func (v *voice) has(name string) bool {
	_, ok := v.grammar[ruleKey{"@" + v.company.handle, v.lang, name}]
	return ok
}

// topic is what a thread is about, and in which scope its rules are.
type topic struct{ scope, name string }

// topic chooses one, of the company's trade or of no trade in particular.
func (v *voice) topic() topic {
	trade := ruleKey{v.company.sector, v.lang, "topic"}
	if rule, ok := v.grammar[trade]; ok && v.chance(ownTrade) {
		return topic{trade.scope, v.expand(choose(v, rule))}
	}
	return topic{"", v.expand(choose(v, v.grammar[ruleKey{"", v.lang, "topic"}]))}
}

// on says something on a topic: its "open", "more" or "agent" rule.
func (v *voice) on(t topic, part string) string {
	v.trade = t.scope
	rule := v.grammar[ruleKey{t.scope, v.lang, t.name + "." + part}]
	if part == "agent" {
		rule = v.company.playbook(v.lang, t.name, rule)
	}
	return v.expand(choose(v, rule))
}

func (v *voice) expand(p production) string {
	var b strings.Builder
	for _, part := range p {
		switch {
		case part.choice != nil:
			b.WriteString(v.expand(choose(v, part.choice)))
		case part.symbol != "":
			b.WriteString(v.symbol(part.symbol, part.args))
		default:
			b.WriteString(part.text)
		}
	}
	return b.String()
}

// word is one entry of a list that is the same in all languages, such as
// first names, unmarked.
func (v *voice) word(name string) string {
	return v.expand(choose(v, v.grammar[ruleKey{"", "", name}]))
}

// symbol expands what a production has in braces.
func (v *voice) symbol(name string, args []string) string {
	switch name {
	case "handle":
		return "@" + v.company.handle
	case "body":
		return v.body
	case "other":
		return "@" + v.other.handle
	case "customer":
		return "@" + strconv.Itoa(v.customer)
	case "you":
		return mark(person, v.you)
	case "agent":
		return mark(person, v.agentName)
	case "first":
		return mark(person, v.staff)
	case "friend":
		return mark(person, v.word("first"))
	case "last":
		return mark(person, v.word("last"))
	case "full":
		return mark(person, v.word("first")+" "+v.word("last"))
	case "item":
		return withoutArticle(v.say("product"))
	case "email":
		return mark(email, v.email())
	case "phone":
		return mark(phone, v.phone())
	case "booking":
		return mark(booking, v.booking())
	case "card":
		return mark(card, choose(v, testCards))
	case "iban":
		return mark(iban, v.iban())
	case "link":
		return v.link()
	case "time":
		return v.clock()
	case "number":
		return v.number(args)
	case "code":
		return v.pattern(strings.Join(args, " "))
	case "emoji":
		return v.expand(choose(v, v.grammar[ruleKey{"", "en", "emoji"}]))
	case "brandtag":
		return strings.ReplaceAll(v.brandOf(v.company), " ", "")
	case "rivalbrand":
		return v.brandOf(v.rival)
	}
	if said, ok := v.callerSymbol(name); ok {
		return said
	}
	return v.say(name)
}

// callerSymbol is symbol for what is said on the telephone alone.
func (v *voice) callerSymbol(name string) (string, bool) {
	switch name {
	case "caller":
		return mark(person, v.caller.first), true
	case "callerlast":
		return mark(person, v.caller.last), true
	case "callerfull":
		return mark(person, v.caller.first+" "+v.caller.last), true
	case "spelled":
		return mark(person, v.spell(v.caller.last)), true
	case "dictatedphone":
		return mark(phone, v.dictate(v.callerPhone())), true
	case "dictatedemail":
		return mark(email, v.dictateEmail()), true
	case "dictatedbooking":
		return mark(booking, v.dictate(v.booking())), true
	}
	return "", false
}

func (v *voice) brandOf(c *company) string {
	return v.expand(choose(v, v.grammar[ruleKey{"@" + c.handle, "", "brand"}]))
}

// number is one between two bounds, inclusive.
func (v *voice) number(bounds []string) string {
	low, _ := strconv.Atoi(bounds[0])
	high, _ := strconv.Atoi(bounds[1])
	return strconv.Itoa(low + v.IntN(high-low+1))
}

// pattern writes a letter for A, a digit for 9, and anything else as it is.
func (v *voice) pattern(form string) string {
	out := []byte(form)
	for i, c := range out {
		switch c {
		case 'A':
			out[i] = "ABCDEFGHJKLMNPRSTUVWXY"[v.IntN(22)]
		case '9':
			out[i] = byte('0' + v.IntN(10))
		}
	}
	return string(out)
}

func (v *voice) clock() string {
	hour, minute := 5+v.IntN(18), v.IntN(60)
	switch v.IntN(3) {
	case 0:
		return fmt.Sprintf("%02d%02d", hour, minute)
	case 1:
		return fmt.Sprintf("%d.%02d%s", (hour+11)%12+1, minute, []string{"am", "pm"}[hour/12])
	}
	return fmt.Sprintf("%d:%02d", hour, minute)
}

func (v *voice) link() string {
	const letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
	id := make([]byte, 10)
	for i := range id {
		id[i] = letters[v.IntN(len(letters))]
	}
	return "https://t.co/" + string(id)
}

// email is under a domain that RFC 2606 sets aside.
func (v *voice) email() string {
	user := []string{"help", "care", "contact", "hello", "j.walker", "mrs_king", "t.okonkwo81", "lena.b", "rkhan", "sofia2000", "big-dave", "nowak.anna"}
	return choose(v, user) + "@" + choose(v, []string{"example.com", "example.org", "example.net", "mail.example.com"})
}

// phone is from the ranges that the North American and the British numbering
// plans set aside for fiction.
func (v *voice) phone() string {
	forms := []string{"202-555-01##", "+1 415 555 01##", "(312) 555-01##", "1-800-555-01##", "+44 7700 900###", "07700 900###", "020 7946 0###", "0113 496 0###"}
	return v.fill(choose(v, forms))
}

// fill writes a digit for each # of a form.
func (v *voice) fill(form string) string {
	number := []byte(form)
	for i, c := range number {
		if c == '#' {
			number[i] = byte('0' + v.IntN(10))
		}
	}
	return string(number)
}

// booking is a code of six with a digit among its letters.
func (v *voice) booking() string {
	return v.pattern(choose(v, []string{"AA9AAA", "A9A9AA", "AAA99A", "9AAA9A", "AA99A9"}))
}

// testCards are the numbers that payment providers publish for tests.
var testCards = []string{"4111 1111 1111 1111", "5555555555554444", "4242-4242-4242-4242", "3782 822463 10005"}

// iban is a British one with right check digits and a bank that is none.
func (v *voice) iban() string {
	account := v.pattern("99999999999999")
	// ISO 13616: TEST, the account and GB00 as digits (A is 10), modulo 97.
	rest := 0
	for _, d := range "29142829" + account + "161100" {
		rest = (rest*10 + int(d-'0')) % 97
	}
	return fmt.Sprintf("GB%02dTEST%s", 98-rest, account)
}
