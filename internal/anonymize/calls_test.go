package anonymize

import (
	"context"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// callResult anonymizes a call of turns with a side before a bar each, "a|...", or
// without, and returns what became of them, one a line.
func callResult(t testing.TB, a *Anonymizer, turns ...string) []string {
	t.Helper()
	var call []Turn
	for _, s := range turns {
		side, said, found := strings.Cut(s, "|")
		if !found {
			side, said = "", s
		}
		call = append(call, Turn{Side: side, Text: said})
	}
	results, err := a.Calls(context.Background(), [][]Turn{call})
	if err != nil {
		t.Fatal(err)
	}
	var texts []string
	for i, r := range results[0] {
		check(t, call[i].Text, r)
		texts = append(texts, r.Text)
	}
	return texts
}

// The specification of the rules for calls: of each case the last turn is shown.
var callCases = []struct {
	name  string
	turns []string
	want  string
}{
	// Questions.
	{"name asked for", []string{"a|May I have your name please?", "c|Yes, it's Naomi Jones."}, "Yes, it's Person."},
	{"who's calling", []string{"a|May I ask who's calling?", "c|Primitive O'Chicawar."}, "Person."},
	{"in lower case", []string{"a|may i have your name please", "c|yes it's adebayo oyelaran"}, "yes it's Person"},
	{"a name of ordinary words", []string{"a|who am i speaking to", "c|mark brown"}, "Person"},
	{"without sides", []string{"can i take your name please", "sure grace young"}, "sure Person"},
	{"no name in the answer", []string{"a|can I take your name", "c|I already gave it to the other lady"}, "I already gave it to the other lady"},
	{"the concern after the name", []string{"a|can I take your name", "c|This is Naomi Jones.", "a|Thank you. What can I do for you?", "c|my train is late again"}, "my train is late again"},
	{"asked in German", []string{"a|wie ist ihr name bitte", "c|mein name ist özdemir"}, "mein name ist Person"},
	{"a name that is a German word", []string{"a|Wie ist Ihr Name?", "c|Koch."}, "Person."},
	{"spelled", []string{"a|can you spell that for me", "c|n a o m i"}, "Person"},
	{"spelled with examples", []string{"a|can you spell that", "c|j for juliet o for oscar n as in november e s"}, "Person"},
	{"spelled in German", []string{"a|können sie das buchstabieren", "c|m wie martha e i e r"}, "Person"},
	{"spelled by an alphabet", []string{"a|Buchstabieren Sie bitte.", "c|Martha Emil Ida Emil Richard"}, "Person"},
	{"spelled with hyphens", []string{"c|That's J-O-N-E-S."}, "That's Person."},
	// Introductions.
	{"this is", []string{"hello this is siobhan speaking how can i help"}, "hello this is Person speaking how can i help"},
	{"my name is", []string{"hi my name is will and my bag is lost"}, "hi my name is Person and my bag is lost"},
	{"company", []string{"welcome to acme support how can i help you"}, "welcome to acme support how can i help you"},
	{"hier spricht", []string{"guten tag hier spricht jürgen koch ich habe ein problem"}, "guten tag hier spricht Person ich habe ein problem"},
	{"Frau", []string{"danke frau schröder ich schaue nach"}, "danke Person ich schaue nach"},
	{"meine Frau", []string{"meine frau hat das paket nicht bekommen"}, "meine frau hat das paket nicht bekommen"},
	{"mister", []string{"thank you mister brown one moment"}, "thank you Person one moment"},
	// Companies.
	{"thank you for calling", []string{"a|Thank you for calling Quorrin, you're speaking with Naomi."}, "Thank you for calling Quorrin, you're speaking with Person."},
	{"customer care", []string{"a|good morning quorrin customer care my name is naomi what can i do for you"}, "good morning quorrin customer care my name is Person what can i do for you"},
	{"through to", []string{"a|hello you're through to quorrin naomi speaking"}, "hello you're through to quorrin Person speaking"},
	{"through to somebody", []string{"a|Hi, you're through to Oyelaran at Quorrin, what can I do for you?"}, "Hi, you're through to Person at Quorrin, what can I do for you?"},
	{"through to a name alone", []string{"a|you're through to oyelaran how can i help"}, "you're through to Person how can i help"},
	{"welcome to", []string{"welcome to quorrin vael naomi speaking how may i help you"}, "welcome to quorrin vael Person speaking how may i help you"},
	{"good afternoon", []string{"a|Quorrin & Vael, good afternoon, this is Naomi. How can I help?"}, "Quorrin & Vael, good afternoon, this is Person. How can I help?"},
	{"works at", []string{"a|hi thanks for holding this is naomi at quorrin.com"}, "hi thanks for holding this is Person at quorrin.com"},
	{"speaking", []string{"a|Quorrin, Naomi speaking."}, "Quorrin, Person speaking."},
	{"Kundenservice", []string{"a|Guten Tag, Quorrin Kundenservice, mein Name ist Naomi."}, "Guten Tag, Quorrin Kundenservice, mein Name ist Person."},
	{"willkommen bei", []string{"a|willkommen bei quorrin sie sprechen mit naomi was kann ich für sie tun"}, "willkommen bei quorrin sie sprechen mit Person was kann ich für sie tun"},
	{"am Apparat", []string{"quorrin guten morgen naomi am apparat"}, "quorrin guten morgen Person am apparat"},
	{"arbeitet bei", []string{"a|Hallo, hier ist Naomi von Quorrin. Wie kann ich helfen?"}, "Hallo, hier ist Person von Quorrin. Wie kann ich helfen?"},
	{"danke, dass Sie anrufen", []string{"a|Danke, dass Sie Quorrin anrufen, Sie sprechen mit Naomi."}, "Danke, dass Sie Quorrin anrufen, Sie sprechen mit Person."},
	{"Kundendienst", []string{"a|Kundendienst Quorrin, Naomi am Apparat."}, "Kundendienst Quorrin, Person am Apparat."},
	{"helpdesk", []string{"a|Hi, Quorrin helpdesk, Naomi speaking"}, "Hi, Quorrin helpdesk, Person speaking"},
	{"between greeting and name", []string{"a|guten tag quorrin vael mein name ist naomi was kann ich für sie tun"}, "guten tag quorrin vael mein name ist Person was kann ich für sie tun"},
	{"the name before it", []string{"a|guten abend oyelaran mein name"}, "guten abend Person mein name"},
	{"a person between them", []string{"a|hello naomi my name is tim how can i help"}, "hello Person my name is Person how can i help"},
	{"of the hotline", []string{"a|Guten Tag, hier ist die Quorrin Hotline, Sie sprechen mit Frau Huber."}, "Guten Tag, hier ist die Quorrin Hotline, Sie sprechen mit Person."},
	{"the company again", []string{"a|Good morning, Quorrin customer care.", "c|I want my money back from Quorrin."}, "I want my money back from Quorrin."},
	{"the company in two words", []string{"a|welcome to quorrinvael naomi speaking", "c|never using quorrin vael again"}, "never using quorrin vael again"},
	{"a customer of that name", []string{"a|welcome to quorrin naomi speaking", "c|hello my name is quorrin"}, "hello my name is Person"},
	{"a customer of that name, asked", []string{"a|welcome to quorrin naomi speaking may i have your name", "c|quorrin"}, "Person"},
	{"a title before that name", []string{"a|Welcome to Quorrin, Naomi speaking.", "a|Thank you, Mr Quorrin."}, "Thank you, Person."},
	{"an agent's name alone", []string{"a|Guten Tag, Schröder, was kann ich für Sie tun?"}, "Guten Tag, Person, was kann ich für Sie tun?"},
	{"a name with von", []string{"a|Hallo, hier ist Naomi von Schröder. Wie kann ich helfen?"}, "Hallo, hier ist Person. Wie kann ich helfen?"},
	{"thanks to who called", []string{"a|welcome to quorrin naomi speaking", "c|hi this is oyelaran", "a|thank you for calling oyelaran bye"}, "thank you for calling Person bye"},
	{"thanks to Naomi", []string{"a|thank you for calling naomi"}, "thank you for calling Person"},
	// Carried.
	{"carried", []string{"c|my name is oyelaran", "a|okay oyelaran let me look"}, "okay Person let me look"},
	{"carried back and misheard", []string{"a|thank you oyelaren", "c|my name is oyelaran", "a|okay oyelarin"}, "okay Person"},
	{"spelled, then said", []string{"c|it is o y e l a r a n", "a|thanks oyelaran"}, "thanks Person"},
	// Numbers.
	{"phone in words", []string{"a|what's the best number to reach you", "c|oh seven seven double five four two one nine eight six"}, "Phone"},
	{"phone with hyphens", []string{"a|And your phone number?", "c|It's 0-7-7-1-2-3-4-5."}, "It's Phone."},
	{"phone in German", []string{"a|ihre telefonnummer bitte", "c|null eins sieben sechs zweiundzwanzig fünfunddreißig acht null drei"}, "Phone"},
	{"card", []string{"a|the long number on the card please", "c|43.97, 79.53"}, "Card"},
	{"IBAN", []string{"c|my iban is d e eighty nine three seven zero four 0044 0532 0130 00"}, "my iban is Iban"},
	{"booking code", []string{"a|what's your booking reference", "c|x k four seven q two"}, "Booking"},
	{"date of birth", []string{"a|and your date of birth", "c|the third of march nineteen eighty four"}, "BirthDate"},
	{"date of birth in German", []string{"a|und ihr geburtsdatum", "c|am dritten märz neunzehnhundertvierundachtzig"}, "am BirthDate"},
	{"national insurance", []string{"c|my national insurance number is q q one two three four five six c"}, "my national insurance number is NationalID"},
	{"passport", []string{"a|your passport number please", "c|five three three four oh one"}, "Passport"},
	{"account", []string{"a|ihre kundennummer bitte", "c|vier sieben eins eins null acht"}, "Account"},
	{"street", []string{"c|i live at forty two elm street"}, "i live at Address"},
	{"street in German", []string{"c|ich wohne in der lindenstraße 12"}, "ich wohne in der Address"},
	{"e-mail", []string{"c|my email is naomi dot jones at gmail dot com"}, "my email is Email"},
	{"e-mail half said", []string{"c|it's naomi.jones at gmail.com"}, "it's Email"},
	{"e-mail in German", []string{"a|und ihre e-mail-adresse", "c|n a o m i punkt jones ät gmx punkt de"}, "Email"},
	// None.
	{"amount", []string{"it was one hundred and twenty three pounds and 45.99 before that"}, "it was one hundred and twenty three pounds and 45.99 before that"},
	{"month", []string{"i ordered it in may and it will mark the end of june"}, "i ordered it in may and it will mark the end of june"},
	{"amount in German", []string{"das kostet einundzwanzig euro fünfzig im monat"}, "das kostet einundzwanzig euro fünfzig im monat"},
}

func TestCalls(t *testing.T) {
	a := rulesAlone(t)
	for _, c := range callCases {
		t.Run(c.name, func(t *testing.T) {
			got := callResult(t, a, c.turns...)
			if last := got[len(got)-1]; last != c.want {
				t.Errorf("%q became %q, want %q", c.turns[len(c.turns)-1], last, c.want)
			}
		})
	}
}

// Whatever is said, the results have the shape of the calls, and outside of the spans the
// turns stay as they were.
func FuzzCalls(f *testing.F) {
	for _, c := range callCases {
		f.Add(c.turns[0], c.turns[len(c.turns)-1], "agent")
	}
	f.Add("your name", strings.Repeat("a b ", 300), "")
	f.Add("spell that", strings.Repeat("for bravo at dot double ", 100), "x")
	f.Add("ihre iban", "d\u0301e 89 \xff 3704 at web punkt", "")
	a := rulesAlone(f)
	f.Fuzz(func(t *testing.T, asked, answered, side string) {
		call := []Turn{{Side: "agent", Text: asked}, {Side: side, Text: answered}, {Text: asked}, {Side: side, Text: answered}}
		results, err := a.Calls(context.Background(), [][]Turn{call, nil, call})
		if err != nil {
			t.Fatal(err)
		}
		if len(results) != 3 || len(results[0]) != len(call) || len(results[1]) != 0 {
			t.Fatalf("results of %d calls, the first with %d turns", len(results), len(results[0]))
		}
		for i, r := range results[0] {
			check(t, call[i].Text, r)
		}
		if !reflect.DeepEqual(results[0], results[2]) {
			t.Error("the same call came out in two ways")
		}
	})
}

// What was replaced once stays, and little is found in it again.
func TestCallsTwice(t *testing.T) {
	a := rulesAlone(t)
	for _, c := range callCases {
		once := callResult(t, a, c.turns...)
		var turns []string
		for i, s := range once {
			side, _, found := strings.Cut(c.turns[i], "|")
			if found {
				s = side + "|" + s
			}
			turns = append(turns, s)
		}
		twice := callResult(t, a, turns...)
		if !slices.Equal(once, twice) {
			t.Errorf("%s: %q became %q when it was replaced again", c.name, once, twice)
		}
	}
}

// A name belongs to its call.
func TestNamesStayInTheirCall(t *testing.T) {
	results, err := rulesAlone(t).Calls(context.Background(), [][]Turn{
		{{Text: "my name is quorrin"}}, {{Text: "the quorrin one please"}}, {{Text: ""}, {Text: "okay quorrin"}, {Text: "it is quorrin speaking"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		call, turn int
		want       string
	}{{0, 0, "my name is Person"}, {1, 0, "the quorrin one please"}, {2, 0, ""}, {2, 1, "okay Person"}} {
		if got := results[c.call][c.turn].Text; got != c.want {
			t.Errorf("call %d, turn %d: %q, want %q", c.call, c.turn, got, c.want)
		}
	}
}

// The settings' lists hold for calls as for tweets.
func TestCallsAllowAndDeny(t *testing.T) {
	a, err := New(Options{Allow: []string{"oyelaran"}, Deny: []string{"acme robot"}})
	if err != nil {
		t.Fatal(err)
	}
	got := callResult(t, a, "a|your name please", "c|oyelaran", "c|the acme robot said so")
	if want := []string{"your name please", "oyelaran", "the Person said so"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestSpokenDigits(t *testing.T) {
	for word, want := range map[string]string{
		"five": "5", "oh": "0", "twenty": "20", "zwo": "2", "einundzwanzig": "21", "siebenundneunzig": "97", "hundert": "100", "zweihundertfunf": "205",
		"neunzehnhundertvierundachtzig": "1984", "zweitausendeins": "2001", "zweitausendeinundzwanzig": "2021", "twentyone": "21",
		"hundred": "", "dozen": "", "und": "", "rundum": "", "stunde": "", "hunderte": "",
	} {
		if got := spokenDigits(word); got != want {
			t.Errorf("%q stands for %q, want %q", word, got, want)
		}
	}
}

// Long and strange turns take time in proportion to their length.
func TestLongTurns(t *testing.T) {
	a := rulesAlone(t)
	for _, unit := range []string{"a ", "n-", "five ", "double ", "for bravo ", "at dot ", "gmail dot com ", "iban de 89 ", "my name is ", "mister ", "oyelaran ", "1 street ", "und ", "the third of ", "'s ", "é"} {
		callResult(t, a, "your name, your iban, your email", strings.Repeat(unit, 20_000/len(unit)))
	}
}
