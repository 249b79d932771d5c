package anonymize

import (
	_ "embed"
	"strings"
	"unicode"
	"unicode/utf8"

	"switchboard/internal/text"
)

// The word lists; each explains itself at its head.
var (
	//go:embed words/names.txt
	namesFile string
	//go:embed words/common.txt
	commonFile string
	//go:embed words/allow.txt
	allowFile string
	//go:embed words/plain.txt
	plainFile string
)

// class is what the lexicon knows of a word.
type class uint32

const (
	given      class = 1 << iota // a given or family name
	ambiguous                    // a name that is an ordinary word, a place or a brand as well
	common                       // an ordinary word
	brand                        // a company, a brand, a product or a place
	never                        // in the settings' own allow list
	greets                       // hi, hello, dear
	dayparts                     // morning: greets behind good
	thanks                       // thanks, sorry, welcome
	closes                       // regards, best, cheers: a signature follows
	filler                       // words between a greeting and the name: hi there, thanks again
	honorific                    // mr, mrs, dr
	bookings                     // booking, reservation, pnr
	connects                     // words between "booking" and its code: reference, number, is
	phones                       // call, mobile: the number that follows is one to dial
	orders                       // order, case, version: the number that follows is none to dial
	pays                         // card, visa: the number that follows may be a card's
	counts                       // number, no: the number that follows is one to dial only if it looks it
	files                        // order, ref, dossier: a code that follows may identify a person
	models                       // model, serial, version: the code that follows identifies a thing
	links                        // is, equals: the code stands next
	mails                        // e-mail, address: an address follows
	spells                       // at, arroba: the words that stand for @
	introduces                   // name, llamo: a name follows
	presents                     // I'm, here: a name stands beside it
	relates                      // wife, agent: a name may stand behind it
	begins                       // an allowed phrase may begin here
	plain                        // in words/plain.txt: a model need not see it
	saints                       // storm, saint: the name in the hashtag is a storm's or a place's
	elsewhere                    // may be a name with a capital: plain in lower case alone
	months                       // may: no name beside a number
	devices                      // alexa: a thing that is called by a name, and no company
)

// roles are the words that rules look for.
var roles = map[class]string{
	greets: `hi hello hey hiya heya hallo hullo hola dear howdy bonjour bonsoir salut hej hei ciao namaste hoi halo hai ola
		querido querida estimado estimada caro cara cher chere lieber liebe beste prezado prezada`,
	dayparts: `morning afternoon evening day`,
	thanks: `thanks thank thx thnx thankyou thanx ty tysm cheers sorry apologies welcome congrats congratulations bye goodbye
		gracias merci danke obrigado obrigada grazie kudos props bravo`,
	closes: `regards rgds rgrds best sincerely cheers thanks thank thx thnx thanx ty tq tysm saludos love yours sorry
		cordialement gruss grusse groeten gracias merci`,
	filler:    `there again back you so much very a lot to all both`,
	honorific: `mr mrs ms mx dr prof professor herr frau senor senora monsieur madame`,
	bookings: `booking bookings reservation reservations pnr locator confirmation conf itinerary rsv bkg record
		buchung buchungsnummer buchungsnr buchungscode buchungsreferenz reservierung reservierungsnummer reservierungscode
		reserva reservas localizador reservacion prenotazione prenotazioni
		reservering reserveringsnummer boeking boekingsnummer boekingscode bokning bokningsnummer bokningskod
		bestillingsnummer varaus varausnumero rezerwacja rezerwacji rezervasyon pemesanan tempahan`,
	files: `order orders ref refs reference file ticket tickets request claim case application job police incident crime enquiry
		inquiry query complaint rebook cancel
		referencia parte expediente pedido incidencia solicitud reclamacion denuncia billete
		protocolo chamado processo encomenda bilhete referencia
		pratica segnalazione ordine riferimento biglietto richiesta reclamo
		vorgang vorgangsnummer auftrag auftragsnummer bestellung bestellnummer bestellnr ticketnummer aktenzeichen fall
		fallnummer referenz referenznummer storniere stornieren storno stornierung vorgangsnr
		referentie bestelling bestelnummer ordernummer dossiernummer zaak zaaknummer arende arendenummer sak saksnummer
		billet commande dossier remboursement demande sinistre annuler`,
	models: `model models serial sn imei version ver v build firmware os ios android sku part dpci upc ean asin isbn style size flight vol vuelo
		voo flug volo train zug bus tracking trk awb barcode postcode zip plz cap promo voucher coupon discount code gift plate
		reg registration product item kernel driver chip chipset error fehler erreur`,
	links: `is was es ist est lautet e ref reference code locator pnr id codigo referencia`,
	months: `jan feb mar apr may jun jul aug sep sept oct nov dec january february march april june july august september october
		november december januar februar marz mai juni juli oktober dezember enero febrero marzo abril mayo junio julio agosto
		septiembre octubre noviembre diciembre janvier fevrier mars avril juin juillet aout septembre octobre novembre decembre
		gennaio febbraio aprile maggio giugno luglio settembre ottobre dicembre`,
	devices:    `alexa siri cortana bixby`,
	mails:      `email emails mail mailid emailid id address addy adresse correo mailto reach contact write inbox`,
	spells:     `at arroba arobase chiocciola klammeraffe`,
	saints:     `hurricane storm saint st san santa santo sao`,
	introduces: `name names nombre nome nom naam navn namn surname lastname firstname fullname llamo appelle heisse heise chiamo chamo`,
	presents:   `i'm im am under for here speaking`,
	relates: `husband wife hubby girlfriend boyfriend gf bf fiance fiancee son daughter brother sister mother father mom mum dad
		nephew niece cousin uncle aunt auntie grandma grandpa grandmother grandfather grandson granddaughter friend roommate
		flatmate neighbour neighbor colleague coworker agent rep representative manager supervisor attendant driver captain
		pilot steward stewardess clerk cashier assistant`,
	connects: `number numbers s no nr num ref reference code is was my our the id pnr conf confirmation locator booking reservation
		details detail name es ist codigo numero
		ich mein meine meiner meinen meines die der das lautet de du da do della del di la le el il mi mia mio minha meu ma mon notre
		est e nummer numer numro nro n request order ticket file case claim`,
	phones: `call calls called calling callback phone phones mobile mob cell cellphone tel tele telephone telefono contact whatsapp
		whatsapped text txt txted dial dialled dialed ring rang ph line sms fax reach reached landline hotline helpline handy
		handynummer telefon telefonnummer rufnummer mobilnummer handynr anrufen erreichbar ruf ruft rufen durchwahl
		telefone celular movil llama llamar llame llamen llamame fono ligar ligue liga numarasi
		telephoner appeler appelez joindre joignable portable
		cellulare chiamare chiamami chiama chiamate recapito
		telefoonnummer bellen bel bereikbaar telefonnr ring telefonnummer numara telepon hp wa`,
	counts: `number no nr num nos nbr nummer numero`,
	pays: `card cards visa mastercard mc amex maestro debit credit payment payments transaction txn diners discover jcb unionpay rupay
		karte kreditkarte kartennummer tarjeta cartao carte carta kaart kort cb`,
	orders: `order orders ref reference case ticket tickets tkt tracking claim booking confirmation account acct serial
		imei version ver invoice bag tag pnr refund request incident ip build id item sku model flight
		policy parcel consignment awb barcode isbn report skymiles member membership club mileage
		frequent flyer loyalty cancellation rewards avios aadvantage executive
		etkt eticket receipt serial shipment package packet waybill docket job complaint enquiry query sr srn
		bestellung bestellnummer auftrag auftragsnummer sendungsnummer rechnung rechnungsnummer kundennummer kunde vorgang
		vorgangsnummer aktenzeichen paket pedido factura seguimiento referencia cliente expediente commande facture suivi colis dossier client
		ordine fattura spedizione pratica encomenda fatura protocolo rastreio bestelling bestelnummer factuur
		voucher coupon gift uan utr arn vin mpan meter dpci upc ean asin customer user userid username pin otp`,
}

type lexicon struct {
	words map[string]class
	// phrases are the allowed entries of several words, or with an 's,
	// by their first word.
	phrases map[string][]phrase
}

type phrase []phraseWord

type phraseWord struct {
	word       string
	possessive bool
}

// newLexicon joins the embedded lists and the allow list of the settings.
func newLexicon(allow []string) *lexicon {
	l := &lexicon{words: map[string]class{}, phrases: map[string][]phrase{}}
	for _, name := range entries(namesFile, strings.Fields) {
		c := given
		if n, ok := strings.CutSuffix(name, "?"); ok {
			name, c = n, given|ambiguous
		}
		l.words[name] |= c
	}
	for _, word := range entries(commonFile, strings.Fields) {
		l.words[word] |= common
	}
	for _, word := range entries(plainFile, strings.Fields) {
		c := plain
		if n, ok := strings.CutSuffix(word, "?"); ok {
			word, c = n, plain|elsewhere
		}
		l.words[word] |= c
	}
	for c, list := range roles {
		for _, word := range strings.Fields(list) {
			l.words[word] |= c
			if isContraction([]byte(word)) {
				l.words[word] |= common
			}
		}
	}
	for _, entry := range entries(allowFile, wholeLine) {
		l.allow(entry, brand)
	}
	for _, entry := range allow {
		l.allow(entry, never)
	}
	return l
}

// entries returns the entries of a list, split by the given function line by
// line, without comments.
func entries(file string, split func(string) []string) (list []string) {
	for line := range strings.Lines(file) {
		line, _, _ = strings.Cut(line, "#")
		list = append(list, split(line)...)
	}
	return list
}

func wholeLine(line string) []string {
	if line = strings.TrimSpace(line); line != "" {
		return []string{line}
	}
	return nil
}

// allow adds an entry of one or more words.
func (l *lexicon) allow(entry string, c class) {
	var t tweet
	t.scan(entry, nil)
	if len(t.words) == 0 {
		return
	}
	if len(t.words) == 1 && !t.words[0].possessive {
		l.words[key(entry, t.words[0])] |= c
		return
	}
	var p phrase
	for _, w := range t.words {
		p = append(p, phraseWord{key(entry, w), w.possessive})
	}
	first := p[0].word
	l.phrases[first] = append(l.phrases[first], p)
	l.words[first] |= begins
}

// shape is how a word is written.
type shape uint8

const (
	other  shape = iota // digits and letters, or letters without case
	lower               // becky
	title               // Becky, McDonald, JoanO
	upper               // JB, J
	digits              // 42
)

// word is a run of letters and digits, with apostrophes inside, without a
// possessive 's.
type word struct {
	start, end int // bytes
	class      class
	shape      shape
	possessive bool // "'s" follows
}

// tweet is a text cut into words, with what the rules have found in it. It is
// reused for one text after the other.
type tweet struct {
	text  string
	words []word
	spans []Span

	digits [32]byte // of the run at hand
	groups [32]int
	parted int // parts of runs that were compared with the regions' formats
}

// Character kinds of ASCII, for scan.
const (
	notWord = iota
	lowerCase
	upperCase
	digit
	underscore
)

var ascii = func() (t [utf8.RuneSelf]uint8) {
	for c := range t {
		switch {
		case 'a' <= c && c <= 'z':
			t[c] = lowerCase
		case 'A' <= c && c <= 'Z':
			t[c] = upperCase
		case '0' <= c && c <= '9':
			t[c] = digit
		case c == '_':
			t[c] = underscore
		}
	}
	return t
}()

// scan cuts s into words and looks each up; a nil lexicon only cuts.
func (t *tweet) scan(s string, l *lexicon) {
	t.text, t.words, t.spans, t.parted = s, t.words[:0], t.spans[:0], 0
	for i := 0; i < len(s); {
		w, next := nextWord(s, i)
		if w.end > w.start {
			if l != nil {
				w.class = l.class(s, w)
			}
			t.words = append(t.words, w)
		}
		i = next
	}
	if l != nil {
		t.allowPhrases(l)
	}
}

// nextWord returns the word that begins at i or at the next word character
// behind it, and where to go on.
func nextWord(s string, i int) (w word, next int) {
	for i < len(s) && charKind(s, i) == notWord {
		i += charLen(s, i)
	}
	w.start = i
	count := letters{first: -1}
	for i < len(s) {
		r, n, k := rune(s[i]), 1, 0
		if r < utf8.RuneSelf {
			k = int(ascii[r])
		} else {
			r, n = utf8.DecodeRuneInString(s[i:])
			k = runeKind(r)
		}
		if k == notWord && i > w.start && (r == '\'' || r == '’') {
			a := apostrophe(s, i, n)
			if a < 0 {
				w.end, w.possessive = i, true
				i += -a
			}
			if a <= 0 {
				break
			}
			i += n
			continue
		}
		if k == notWord && (i == w.start || r < utf8.RuneSelf || !unicode.Is(unicode.M, r)) || count.endsBefore(k, r) {
			break
		}
		count.add(k, r)
		i += n
	}
	if !w.possessive {
		w.end = i
	}
	w.shape = count.shape()
	return w, max(i, w.end)
}

// letters counts the characters of a word by their kinds.
type letters struct {
	lowers, uppers, numbers, others int
	// caseless are those of others that are letters without case.
	caseless int
	// first is the first one's kind, -1 before it.
	first int
}

// endsBefore tells that a character of kind k begins another word: "番号0120へ", where no
// space parts digits from letters without case.
func (c *letters) endsBefore(k int, r rune) bool {
	return k == digit && c.caseless > 0 && c.caseless == c.others && c.numbers+c.lowers+c.uppers == 0 ||
		k == underscore && r >= utf8.RuneSelf && c.numbers > 0 && c.lowers+c.uppers+c.others == 0
}

func (c *letters) add(k int, r rune) {
	if c.first < 0 {
		c.first = k
	}
	switch k {
	case lowerCase:
		c.lowers++
	case upperCase:
		c.uppers++
	case digit:
		c.numbers++
	case underscore:
		c.others++
		if r >= utf8.RuneSelf {
			c.caseless++
		}
	}
}

func (c *letters) shape() shape {
	switch {
	case c.others > 0, c.numbers > 0 && c.lowers+c.uppers > 0:
		return other
	case c.numbers > 0:
		return digits
	case c.uppers == 0:
		return lower
	case c.lowers == 0:
		return upper
	case c.first == upperCase:
		return title
	}
	return other
}

// apostrophe looks at the apostrophe of n bytes at i, inside or behind a word.
// It returns a positive number if the word goes on behind it ("O'Neil",
// "don't"), a negative one, minus the length, if it and an s make a
// possessive, and 0 if it is a quotation mark.
func apostrophe(s string, i, n int) int {
	next := i + n
	if next >= len(s) || charKind(s, next) == notWord {
		return 0
	}
	if s[next] == 's' || s[next] == 'S' {
		if after := next + 1; after >= len(s) || charKind(s, after) == notWord {
			return -(n + 1)
		}
	}
	return n
}

func charKind(s string, i int) int {
	if s[i] < utf8.RuneSelf {
		return int(ascii[s[i]])
	}
	r, _ := utf8.DecodeRuneInString(s[i:])
	return runeKind(r)
}

func charLen(s string, i int) int {
	if s[i] < utf8.RuneSelf {
		return 1
	}
	_, n := utf8.DecodeRuneInString(s[i:])
	return n
}

// runeKind is the kind of a character; letters without case count as
// underscores, so that their words have no shape.
func runeKind(r rune) int {
	switch {
	case unicode.IsLower(r):
		return lowerCase
	case unicode.IsUpper(r):
		return upperCase
	case unicode.IsLetter(r):
		return underscore
	case unicode.IsDigit(r):
		return digit
	}
	return notWord
}

// maxKey bounds the words that the lexicon can hold.
const maxKey = 32

// fold writes the word in lower-case ASCII, a curly apostrophe made straight,
// and returns false if the lexicon cannot hold it.
func foldWord(buf *[maxKey]byte, s string) ([]byte, bool) {
	n := 0
	for i := 0; i < len(s); {
		c, size := s[i], 1
		if c >= utf8.RuneSelf {
			var r rune
			r, size = utf8.DecodeRuneInString(s[i:])
			if c = text.Fold(r); r == '’' {
				c = '\''
			} else if c == 0 && unicode.Is(unicode.M, r) {
				i += size
				continue
			}
		}
		if c == 0 || n == maxKey {
			return nil, false
		}
		if 'A' <= c && c <= 'Z' {
			c |= 0x20
		}
		buf[n] = c
		n++
		i += size
	}
	return buf[:n], true
}

// key returns the word as the lexicon holds it, "" if it cannot.
func key(s string, w word) string {
	var buf [maxKey]byte
	k, _ := foldWord(&buf, s[w.start:w.end])
	return string(k)
}

func (l *lexicon) class(s string, w word) class {
	if w.shape == digits {
		return 0
	}
	var buf [maxKey]byte
	k, ok := foldWord(&buf, s[w.start:w.end])
	if !ok {
		return 0
	}
	c, found := l.words[string(k)]
	if !found && isContraction(k) {
		return common
	}
	return c
}

// isContraction tells "we're", "i'd", "don't".
func isContraction(k []byte) bool {
	for i, c := range k {
		if c == '\'' {
			switch string(k[i+1:]) {
			case "m", "re", "ve", "ll", "d", "t":
				return true
			}
		}
	}
	return false
}

// allowPhrases marks the words of allowed phrases as brands.
func (t *tweet) allowPhrases(l *lexicon) {
	for i := range t.words {
		if t.words[i].class&begins == 0 {
			continue
		}
		var buf [maxKey]byte
		k, ok := foldWord(&buf, t.text[t.words[i].start:t.words[i].end])
		if !ok {
			continue
		}
		for _, p := range l.phrases[string(k)] {
			if n := len(p); t.has(i, p) {
				for j := i; j < i+n; j++ {
					t.words[j].class = t.words[j].class&^(given|ambiguous) | brand | never
				}
			}
		}
	}
}

// has tells that the phrase stands at word i.
func (t *tweet) has(i int, p phrase) bool {
	if i+len(p) > len(t.words) {
		return false
	}
	for j, pw := range p {
		w := t.words[i+j]
		if pw.possessive && !w.possessive {
			return false
		}
		if j > 0 && w.start-t.words[i+j-1].end > len("'s & ") {
			return false
		}
		var buf [maxKey]byte
		if k, ok := foldWord(&buf, t.text[w.start:w.end]); !ok || string(k) != pw.word {
			return false
		}
	}
	return true
}
