package anonymize

import (
	_ "embed"
	"strings"

	"switchboard/internal/anonymize/gazetteer"
)

// The word lists for calls; each explains itself at its head.
var (
	//go:embed words/english.txt
	englishFile string
	//go:embed words/german.txt
	germanFile string
	//go:embed words/german-names.txt
	germanNamesFile string
)

// spoken is what is known of a word in a call.
type spoken uint32

const (
	closed    spoken = 1 << iota // a word that is no name even as an answer to "your name?"
	leading                      // stands before the name in an answer: yes, it's
	hesitates                    // uh, um
	ordinary                     // a word that is no name unless something tells
	forename                     // a listed given name
	surname                      // a listed family name
	titled                       // mr, herr: a name follows
	monthly                      // a month
	ordinal                      // third, dritter
	street                       // street, road
	addressed                    // thanks, hello: the name of who is spoken to may follow
	kin                          // husband, kollege: a name may follow
	companies                    // support, insurance: what stands before is a company
	units                        // pounds, minutes: the number before is an amount
	protected                    // a brand, or in the settings' allow list
	breaking                     // no name goes on with it, however it was heard
	stalling                     // no name in an answer or behind thanks
	located                      // a place
	doubtful                     // a closed word that is a name as well
	trademark                    // a company or a brand, though some are names as well
)

// speechRoles are the words that the rules for calls look for.
var speechRoles = map[spoken]string{
	closed: `a an the and or but so if then than that this these those there here it its it's is isn't was wasn't are aren't am i'm im i me my
		mine we us our you your yours he him his she her they them their who whom whose what which when where why how not no nope yes yeah yep yup
		sure of off course on in at to too from for with without by as into about up down out over under again also just only even still well
		okay ok alright right great perfect lovely thanks thank cheers please sorry pardon hello hi hey bye goodbye good morning afternoon evening
		day can can't could couldn't will won't would wouldn't shall should may might must do don't does doesn't did didn't have haven't has hasn't
		had be been being get got getting give gave given go going gone come came let let's make made take took taken say says said saying tell
		told see seen look looking know think want wanted need needed like try trying tried call called calling speak speaking speaks spoken spell
		spelled spelt spelling check checking wait hold help name names name's surname forename first last middle second maiden full double number
		numbers digit digits letter letters email mail e-mail address postcode code card account phone mobile booking reference order birth date
		one moment second minute problem question issue bill payment i'll i'd i've you're you'll you've we're we'll we've he's she's that's there's
		what's who's where's um uh uhm hmm mhm erm er ah oh mm huh actually because since very really much more some any all both each every other
		another same next now today tomorrow yesterday always never maybe it'll is it something nothing anything everything was were before after
		capital small lower upper case all one word two words hyphen dash dot space underscore apostrophe afternoon mister missus miss iban birthdate nationalid passport person street
		ich du er sie es wir ihr ihre ihren ihrem ihrer ihnen mich mir dich dir ihn ihm uns euch mein meine meinen meinem meiner dein deine sein
		seine der die das den dem des ein eine einen einem einer eines kein keine keinen und oder aber denn doch wenn weil dass ob als wie was wer
		wen wem wo wann warum ist sind bin war waren sei seid hat habe haben hatte hatten wird werde werden wurde kann konnen konnte konnten muss
		mussen soll sollte will wollen wollte mochte mochten darf durfen gern gerne ja nein jawohl doch nicht auch nur noch schon mal so hier da
		dort dann also nun jetzt heute morgen gestern immer nie bitte danke dankeschon vielen dank guten gut gute tag abend morgen hallo tschuss
		wiederhoren wiedersehen auf an am im in zu zum zur von vom mit bei beim nach aus fur um uber unter durch gegen ohne bis seit vor zwischen
		heisse heissen heisst name namen nachname nachnamen vorname vornamen buchstabiere buchstabieren geschrieben schreibt schreibe nummer
		ziffer ziffern adresse mail konto karte telefon handy geburtsdatum kundennummer postleitzahl moment augenblick sekunde klar naturlich
		selbstverstandlich genau richtig stimmt okay alles prima super ahm ahm ahh aha hm naja etwas alles nichts man sich sehr mehr ganz wieder
		geschrieben leerzeichen furs ans ins vors beim schade bindestrich punkt strich unterstrich einmal zweimal zweites erstes welche welcher welches machen mache
		macht gemacht sagen sage sagt gesagt geben gebe gibt gehen geht komme kommt sprechen spreche spricht rufe rufen angerufen warte warten`,
	doubtful: `will may klein gross jung kurz lang gut schon fruh bald ganz even see day call first sage moment`,
	breaking: `for me again on and i i'm i've i'd i'll im ive my you you're your we our us from calling how what when where why who with speaking please but so can can't could would
		because about he she they if or just that's there thank thanks okay sorry do does did have has had need want was were don't not
		und ich mich mir mein meine meinen meiner wir uns sie ihr ihre ihren von vom bitte wie was wann wo warum wer mit kann konnte habe hab hatte rufe
		mochte will brauche weil aber oder dass wenn am bin sind ist hier nicht auch danke guten gut es`,
	stalling: `second seconds sec moment minute wait hold sure course problem problems question idea again anyway everybody everyone guys man mate lot much
		love dear sir madam both well then now right later bye goodbye though everything all great good fine perfect lovely please there already
		sekunde augenblick frage nochmal alle allen alles sehr schon gerne gut prima super ja nein tag abend morgen wiederhoren tschuss herzlich
		correct exactly genau richtig stimmt perfekt no yes okay ok`,
	leading: `yes yeah yep yup sure of course okay ok alright right well so um uh uhm erm er ah oh hi hello hey it's its it is this my name name's names
		i'm im i am the that's that would be certainly absolutely no problem full first last surname please good morning afternoon evening and
		ja klar gerne gern naturlich also ahm ah hm na mein name ist ich heisse bin das ware der die nachname vorname hallo guten tag selbstverstandlich
		okay und hier mister mr mrs miss ms herr frau sicher moment`,
	hesitates: `um uh uhm erm er ah ahm hmm hm mhm mm mhmm aha`,
	titled:    `mr mister mrs missus ms miss dr doctor professor herr herrn frau fraulein`,
	monthly: `january february march april may june july august september october november december januar februar marz mai juni juli
		oktober dezember janner`,
	ordinal: `first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth fifteenth sixteenth
		seventeenth eighteenth nineteenth twentieth thirtieth 1st 2nd 3rd`,
	street: `street road avenue lane drive close court crescent terrace gardens square boulevard grove mews walk row strasse str weg gasse
		platz allee ring damm ufer stieg chaussee`,
	addressed: `much thanks thank you okay ok alright hi hello hey sorry right great perfect lovely bye goodbye welcome morning afternoon evening
		danke hallo tag morgen abend tschuss gut prima super dank klar dear brilliant wonderful excellent there problem wiederhoren servus moin
		gruezi cheers course sure yes no ja nein understand see worries`,
	kin: `husband wife son daughter brother sister mother father mom mum dad partner girlfriend boyfriend fiance fiancee uncle aunt nephew niece
		cousin friend neighbour neighbor colleague manager supervisor boss assistant passenger tenant landlord
		mann frau sohn tochter bruder schwester mutter vater mama papa freund freundin kollege kollegin chef chefin nachbar nachbarin onkel
		tante neffe nichte mitarbeiter mitarbeiterin partnerin verlobter verlobte oma opa enkel enkelin herrn`,
	companies: `support customer service services care airlines airways bank banking energy insurance telecom mobile helpline team department
		line broadband electric gas water media group limited ltd inc kundenservice kundendienst versicherung versicherungen energie bank hotline
		service gmbh ag reisen strom mobilfunk desk hotels hotel parcels logistics rail trains delivery express store shop help reservations
		helpdesk servicedesk kundenbetreuung kundencenter servicecenter callcenter servicehotline kundenhotline`,
	trademark: `otto bosch miele fritz braun siemens chase delta virgin mercedes jack daniels sparkasse telekom lufthansa zalando congstar netflix
		vodafone bahn aldi lidl rewe edeka penny rossmann haribo nivea persil adidas puma opel porsche audi volkswagen dyson marriott tesco sainsbury
		boots next sky orange three ikea kaufland klarna paypal amazon apple samsung huawei sony nokia philips dell lenovo hp canon epson
		thermomix galaxy echo alexa siri commerzbank postbank ing allianz axa ergo huk debeka barmer techniker hermes douglas tchibo`,
	units: `pound pounds dollar dollars euro euros cent cents pence quid percent prozent minute minutes minuten hour hours stunde stunden day
		days tag tage tagen week weeks woche wochen month months monat monate monaten year years jahr jahre jahren mile miles kilometer kilometers
		kilo kilos gram kilogramm kilowatt kilowattstunden megabit megabits megabyte gigabyte gigabytes gig meter meters metres grad degrees uhr
		oclock o'clock pm times mal people personen items stuck nights nachte tickets points punkte franken seconds sekunden inch inches zoll
		am_ pm_ thousand million tausend millionen gb mb kwh volt watt`,
}

// speech is what the rules for calls know of words, besides the lexicon.
type speech struct {
	roles           map[string]spoken
	english, german map[string]bool
	names           map[string]spoken
	cues            map[string][]cuePhrase
}

func newSpeech() *speech {
	s := &speech{roles: map[string]spoken{}, english: map[string]bool{}, german: map[string]bool{}, names: map[string]spoken{}, cues: map[string][]cuePhrase{}}
	for c, list := range speechRoles {
		for _, w := range strings.Fields(list) {
			s.roles[w] |= c
		}
	}
	for _, w := range entries(englishFile, strings.Fields) {
		s.english[w] = true
	}
	for _, w := range entries(germanFile, strings.Fields) {
		s.german[w] = true
	}
	kind := forename
	for _, w := range entries(germanNamesFile, strings.Fields) {
		if w == "+" {
			kind = surname
			continue
		}
		s.names[w] |= kind
	}
	for _, c := range cueLists {
		for phrase := range strings.SplitSeq(c.phrases, ",") {
			words := strings.Fields(strings.ReplaceAll(phrase, "'s", "")) // as words are cut
			s.cues[words[0]] = append(s.cues[words[0]], cuePhrase{words: words, kind: c.kind, asks: c.asks})
		}
	}
	return s
}

// utterance is a turn cut into words, with what the rules have found in it.
type utterance struct {
	tweet
	german bool
	side   string
	heard  []heard
	speech *speech
	cues   []cue
	asked  windows // what was asked for before
	runs   []readout
	// employer is where the company stands that who speaks works for: its web address
	// is no mail address.
	employer [2]int
}

// heard is what is known of one word of a turn.
type heard struct {
	key   string // folded
	class spoken
}

// listen cuts the turns of a call into words and looks each up. The language is the one
// that has more of its small words in the call.
func (s *speech) listen(l *lexicon, turns []Turn) *conversation {
	c := &conversation{turns: make([]utterance, len(turns)), names: map[string]bool{}}
	english, german := 0, 0
	for i, turn := range turns {
		u := &c.turns[i]
		u.side, u.speech = turn.Side, s
		u.scan(turn.Text, l)
		u.heard = make([]heard, len(u.words))
		for j, w := range u.words {
			k := spokenKey(u.text[w.start:w.end])
			u.heard[j].key = k
			switch k {
			case "the", "you", "is", "my", "and", "have", "to", "of":
				english++
			case "ich", "und", "ist", "sie", "das", "nicht", "die", "der", "mein":
				german++
			}
		}
	}
	for i := range c.turns {
		u := &c.turns[i]
		u.german = german > english
		for j := range u.heard {
			u.heard[j].class = s.class(u.heard[j].key, u.words[j], l, english >= german, german >= english)
		}
		u.runs = u.readOut()
	}
	c.findCompanies()
	return c
}

// spokenKey returns the word in lower case, without accents and with ss for ß.
func spokenKey(s string) string {
	if strings.Contains(s, "ß") {
		s = strings.ReplaceAll(s, "ß", "ss")
	}
	var buf [maxKey]byte
	if k, ok := foldWord(&buf, s); ok {
		return string(k)
	}
	return strings.ToLower(s)
}

// class returns what is known of a word in a call in the languages that are given.
func (s *speech) class(k string, w word, l *lexicon, english, german bool) spoken {
	c := s.roles[k]
	if w.class&never != 0 {
		return c | protected | ordinary
	}
	known := s.names[k]
	switch gazetteer.Of(k) {
	case gazetteer.Given:
		known |= forename
	case gazetteer.Family:
		known |= surname
	case gazetteer.Ordinary: // of a dictionary that has everything: the other lists tell
		known |= surname
	case gazetteer.NamedPlace:
		known |= surname
		c |= located
	case gazetteer.Place:
		c |= located
	}
	if w.class&given != 0 {
		known |= forename
	}
	c |= known
	switch {
	case w.class&brand != 0 && known == 0:
		c |= protected | ordinary
	case w.class&brand != 0, w.class&ambiguous != 0, c&trademark != 0:
		c |= ordinary
	case english && (w.class&common != 0 || w.class&plain != 0 && w.class&given == 0):
		c |= ordinary
	case english && s.english[k] && known&forename == 0:
		c |= ordinary
	case !english && w.class&common != 0:
		c |= ordinary
	case !english && known == 0 && w.class&plain != 0:
		c |= ordinary
	}
	if german && s.isGerman(k) && (known&forename == 0 || w.class&given == 0 || !english) {
		c |= ordinary
	}
	if c&(closed|titled|street|companies|units|kin|ordinal) != 0 || spokenDigits(k) != "" || german && s.isCompound(k) {
		c |= ordinary
	}
	return c
}

// isGerman tells a German word in one of its forms: sehe, angekommen, besseres.
func (s *speech) isGerman(k string) bool {
	if s.german[k] {
		return true
	}
	if len(k) < 4 {
		return false
	}
	for _, end := range []string{"e", "en", "er", "em", "es", "st", "t", "te", "ten", "et", "s", "n", "nd", "nde", "ere", "eren", "erer"} {
		stem, found := strings.CutSuffix(k, end)
		if found && len(stem) > 2 && (s.german[stem] && len(stem) > 3 || s.german[stem+"en"] || s.german[stem+"e"]) {
			return true
		}
	}
	for _, prefix := range []string{"ab", "an", "auf", "aus", "bei", "ein", "her", "hin", "mit", "nach", "um", "vor", "weg", "zu", "zuruck", "durch", "uber", "unter", "weiter", "los", "fest", "frei"} {
		if rest, found := strings.CutPrefix(k, prefix); found && len(rest) > 4 && (s.german[rest] || s.isGerman(rest)) {
			return true
		}
	}
	for _, prefix := range []string{"ge", "zu"} {
		if rest, found := strings.CutPrefix(k, prefix); found && len(rest) > 4 && s.isGerman(rest) {
			return true
		}
	}
	return false
}

// isCompound tells a German word that is made of two, such as Kundennummer.
func (s *speech) isCompound(k string) bool {
	if len(k) < 8 || len(k) > maxKey {
		return false
	}
	for cut := 4; cut <= len(k)-4; cut++ {
		if s.german[k[cut:]] && (s.german[k[:cut]] || strings.HasSuffix(k[:cut], "s") && s.german[k[:cut-1]]) {
			return true
		}
	}
	return false
}

func (u *utterance) is(i int, c spoken) bool {
	return i >= 0 && i < len(u.heard) && u.heard[i].class&c != 0
}

func (u *utterance) isKey(i int, keys ...string) bool {
	if i < 0 || i >= len(u.heard) {
		return false
	}
	for _, k := range keys {
		if u.heard[i].key == k {
			return true
		}
	}
	return false
}

// mark adds a span of the words from i up to j.
func (u *utterance) mark(rule, kind string, i, j int) {
	if i < j {
		u.tweet.add(rule, kind, u.words[i].start, u.words[j-1].end)
	}
}

// isTaken tells that a span holds the word at i.
func (u *utterance) isTaken(i int) bool { return isCovered(u.spans, u.words[i]) }

// take adds what recognizers for written text found in the turn, but for what is no name
// in a call.
func (u *utterance) take(spans []Span) {
	for _, sp := range spans {
		if !u.isMisread(sp) {
			u.spans = append(u.spans, u.narrowed(sp))
		}
	}
}

// mayHoldName tells a turn with a word that is in no list of ordinary ones and that no rule
// has taken, or with a capital where none has to be.
func (u *utterance) mayHoldName() bool {
	for i, w := range u.words {
		if u.is(i, closed|protected|trademark) || u.isDigits(i) || u.isTaken(i) || len(u.heard[i].key) < 2 {
			continue
		}
		if !u.is(i, ordinary) || !u.german && i > 0 && w.shape == title && !u.is(i, monthly) && !strings.ContainsAny(u.gap(i), ".!?") {
			return true
		}
	}
	return false
}

// isMisread tells a span of the recognizers for written text that holds no word which is
// a name in a call: they take German words and the ends of turns for names.
func (u *utterance) isMisread(sp Span) bool {
	if sp.Kind != Person {
		return false
	}
	expected := sp.Recognizer == "honorific" || sp.Recognizer == "greeting" || sp.Recognizer == "introduction" || sp.Recognizer == "relation"
	for _, w := range u.touched(sp) {
		i := u.index(w)
		if !u.is(i, ordinary|closed|protected) || expected && u.is(i, forename) && !u.is(i, closed|protected|monthly) {
			return false
		}
	}
	return true
}

// narrowed returns the span of a model without the ordinary words at its ends.
func (u *utterance) narrowed(sp Span) Span {
	words := u.touched(sp)
	for len(words) > 0 && sp.Kind == Person && u.is(u.index(words[0]), ordinary|closed|protected) && !u.is(u.index(words[0]), forename) {
		words = words[1:]
	}
	for n := len(words); n > 0 && sp.Kind == Person && u.is(u.index(words[n-1]), ordinary|closed|protected) && !u.is(u.index(words[n-1]), forename|surname); n-- {
		words = words[:n-1]
	}
	if len(words) > 0 {
		sp.Start, sp.End = words[0].start, words[len(words)-1].end
	}
	return sp
}
