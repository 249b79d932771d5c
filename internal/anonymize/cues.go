package anonymize

import (
	"slices"
	"strings"
)

// cueList is what announces a kind of detail: phrases with a comma between them.
type cueList struct {
	kind string
	// asks tells phrases that ask for a name, as against those that only go before a number.
	asks    bool
	phrases string
}

var cueLists = []cueList{
	{Person, true, `your name, your full name, your first name, your last name, your surname, your good name, full name, passenger's full name, the full name, the last name, the first name, the surname, name please, first name
		and last name, first and last name, first and surname, and your name, name of the account holder, who am i speaking, who am i talking, whom am i
		speaking, who i'm speaking, who i am speaking, who's calling, who is calling, whos calling, who do i have, the name on the, the account holder, account
		holder's name, whose name, name of the passenger, passenger name, passenger's name, lead passenger, what should i call you, what can i call you, how should i address you,
		you spell, spell that, spell it, spell your, spell the, spelling of, how is that spelled, how do you spell, how's that spelled, name for
		me, name again, repeat your name, the name and, mother's maiden name, maiden name, name is it under, name it's under, name the booking
		is under, name is on the, name was it, name under, what name, which name, and you are, security details, confirm your details, the caller's name, cardholder name, name on your, name as it appears,
		take a name, get a name, have a name, a name for, a name please, the name please, the name for, get your first, the patient's name, name of
		the person, name of the patient, get the name, have the name, take the name,
		didn't catch that, didn't get that, is that with, with a k, with a c, how is that written, how's that written, written, catch your name, sorry your name, verstanden, schreibt sich, mitschreiben, mitschreiben bitte, buch stabilen, buch stabieren, buch stabilern, buch stabilieren, buch stabiler, begrussen, und sie sind,
		ihr name, ihren namen, ihrem namen, ihres namens, dein name, deinen namen, ihr vorname, ihr nachname, ihren vornamen, ihren nachnamen, vor und nachname, vor und
		zunamen, vor und nachnamen, vorname und nachname, wie heissen sie, wie heisst, wie war der name, wie war ihr, wer spricht, mit wem spreche, mit wem
		hab, mit wem habe, wer ist am, wen habe ich, wen hab ich, buchstabieren sie, buchstabieren, buchstabiert, geschrieben wird, wie schreibt man, wie schreiben
		sie, wie wird das geschrieben, name bitte, namen bitte, name noch, namen noch, namen nennen, auf welchen namen, welchem namen, welchen
		namen, kontoinhaber, kontoinhabers, vertragsinhaber, name des, namen des, name der, namen der, karteninhaber, karteninhabers, geburtsname, madchenname, darf ich
		ihren, ihr voller name, vollstandigen namen, vollstandiger name, wer sind sie`},
	{Phone, false, `phone number, telephone number, mobile number, cell number, contact number, callback number, best number, number to reach, number to call,
		reach you, call you back, call you on, ring you, phone, mobile, cell phone, telephone, landline, number you're calling from, number in case, whatsapp,
		telefonnummer, handynummer, mobilnummer, ruckrufnummer, rufnummer, telefon, handy, festnetz, festnetznummer, mobilfunknummer, zuruckrufen, erreichen,
		erreichbar, vorwahl, durchwahl`},
	{Email, false, `email, e mail, mail address, emails, mailadresse, e mailadresse, emailadresse, e mails, mail`},
	{Card, false, `card number, long number, sixteen digit, 16 digit, credit card, debit card, card details, number on the card, number on your card,
		on the front of, front of the card, expiry, expiration, expires, security code, cvv, cvc, three digits on, last three digits, last four digits, four digits of, visa, mastercard,
		kartennummer, kreditkarte, kreditkartennummer, ablaufdatum, gultig bis, prufziffer, prufnummer, sicherheitscode, auf der karte, letzten vier
		ziffern, letzten vier stellen, the card, my card, your card, die karte, ihre karte, ihrer karte, meine karte, debitkarte, girocard`},
	{Iban, false, `iban, ivan, eban, i ban, eye ban, iben, ibahn, bank details, international bank, bankverbindung, i b a n, ib an, eiban, i-ban, high ban, kontoverbindung, einzugsermachtigung, lastschrift`},
	{Booking, false, `booking reference, booking code, booking number, booking, reservation number, reservation code, reservation, confirmation number,
		confirmation code, record locator, pnr, p n r, locator, itinerary, buchungscode, buchungsnummer, buchung, buchungsreferenz, reservierung,
		reservierungsnummer, reservierungscode, bestatigungsnummer, bestatigungscode, ticketnummer, booking id, confirmation`},
	{Account, false, `account number, sort code, ends in, ending in, ending with, endet auf, endet mit, customer number, customer id, customer reference, membership number, member number, policy number,
		contract number, meter number, meter reading, invoice number, order number, tracking number, case number, ticket number, reference number, ref number,
		your reference, my reference, serial number, loyalty number, frequent flyer, insurance number, claim number, roll number, account, reference,
		the number, your number, my number, the code, your code, my code, passcode, pin, order, client number, parcel number, routing number,
		kundennummer, kontonummer, bankleitzahl, blz, vertragsnummer, rechnungsnummer, bestellnummer, auftragsnummer, sendungsnummer, vorgangsnummer,
		mitgliedsnummer, zahlernummer, zahlerstand, versicherungsnummer, versicherungsscheinnummer, policennummer, schadensnummer, kundenkennwort, aktenzeichen, referenznummer, die nummer, ihre nummer, meine nummer, den code,
		paketnummer, bestellung, konto, kundennr, vielfliegernummer, verbrauchsstelle, kundenkonto, kunden nummer, konto nummer, vertrags nummer, bestell nummer`},
	{NationalID, false, `national insurance number, national insurance, ni number, n i number, social security, social, ssn, tax id, tax number, nino, sozialversicherungsnummer, steuer
		id, steuernummer, steueridentifikationsnummer, rentenversicherungsnummer, identifikationsnummer, steuer identifikationsnummer, sozialversicherung`},
	{Passport, false, `passport, passport number, passports, reisepass, reisepassnummer, passnummer, pass nummer, personalausweis, personalausweisnummer,
		ausweisnummer, ausweis, identity card, driving licence, driver's license, licence number, license number, fuhrerschein, id card, id number`},
	{BirthDate, false, `date of birth, birth date, birthdate, birthday, dob, d o b, born, when were you born, geburtsdatum, geboren, geburtstag, wann sind sie
		geboren, day of birth, year of birth`},
	{Address, false, `your address, my address, the address, billing address, home address, delivery address, postal address, full address, first line of, postcode, post code, zip
		code, zip, street, where do you live, i live at, i live in, live at, house number, shipping address, current address, new address, we live, moved to, moving to, send it to, deliver to, deliver it to, liefern, adresse, anschrift, postleitzahl, plz, hausnummer, strasse, wohnhaft, wohne in, wohnen sie,
		wohne, gemeldet, zuhause, lieferadresse, rechnungsadresse, wohnort, address is, address for, address on, address please, meldeadresse, neue adresse, umgezogen`},
}

// cuePhrase is a phrase that announces a detail.
type cuePhrase struct {
	words []string
	kind  string
	asks  bool
}

// cue is where a phrase stands: the index behind its last word.
type cue struct {
	from, end int
	kind      string
	asks      bool
}

// announcements returns the cues of a turn, in order, of two that begin at one word the
// longer.
func (u *utterance) announcements() (cues []cue) {
	for i := 0; i < len(u.heard); i++ {
		var best cue
		for _, p := range u.speech.cues[u.heard[i].key] {
			if n := len(p.words); n > best.end-i && u.says(i, p.words) || n == best.end-i && p.asks && u.says(i, p.words) {
				best = cue{i, i + n, p.kind, p.asks}
			}
		}
		if best.kind == "" || best.kind == Person && u.isOfThing(best.from) {
			continue
		}
		cues = append(cues, best)
		i = best.end - 1
	}
	return cues
}

// isOfThing tells "the company name": the name of something else.
func (u *utterance) isOfThing(i int) bool {
	return i > 0 && named[u.heard[i-1].key] && !u.isKey(i-1, "domestic")
}

func (u *utterance) says(i int, words []string) bool {
	if i+len(words) > len(u.heard) {
		return false
	}
	for j, w := range words {
		if u.heard[i+j].key != w {
			return false
		}
	}
	return true
}

// announcedBefore returns the kind that is announced last before word i, at most so many words
// before, "" if none is.
func (u *utterance) announcedBefore(i, words int) string {
	kind := ""
	for _, c := range u.cues {
		if c.end <= i && i-c.end <= words && c.kind != Person {
			kind = c.kind
		}
	}
	return kind
}

// windows are the questions that wait for an answer, by kind: for how many more turns.
type windows struct {
	left map[string]int
	by   map[string]string // who asked
	// answered: somebody has answered with a name, and may go on answering until
	// the one who asked speaks again.
	answered bool
}

// Turns for which a question waits for its answer.
const (
	nameTurns   = 3
	numberTurns = 4
)

// answers returns what this turn may answer: what was asked, but for a name that its own
// side asked for.
func (w *windows) answers(u *utterance) windows {
	open := windows{left: map[string]int{}}
	for kind, n := range w.left {
		if n > 0 && (kind != Person || u.side == "" || w.by[kind] == "" || w.by[kind] != u.side) {
			open.left[kind] = n
		}
	}
	return open
}

// turn takes a turn into account that was looked at.
func (w *windows) turn(u *utterance) {
	if w.left == nil {
		w.left, w.by = map[string]int{}, map[string]string{}
	}
	for kind := range w.left {
		w.left[kind]--
	}
	if w.answered && u.side != "" && u.side == w.by[Person] {
		w.left[Person] = 0 // who asked has the name, and goes on
	}
	w.answered = w.left[Person] > 0 && (w.answered || u.asked.has(Person) && u.named())
	for _, c := range u.cues {
		switch {
		case c.kind == Person && c.asks:
			w.left[Person], w.by[Person] = nameTurns, u.side
			if u.isSpellingCue(c) {
				w.left[spelling], w.by[spelling] = 1, u.side
			}
		case c.kind != Person:
			w.left[c.kind], w.by[c.kind] = numberTurns, u.side
		}
	}
}

// named tells whether a name was found in a turn, now or earlier.
func (u *utterance) named() bool {
	return strings.Contains(u.text, Person) || slices.ContainsFunc(u.spans, func(s Span) bool { return s.Kind == Person })
}

// spelling is the window of a name that is to be spelled.
const spelling = "spelling"

// isSpellingCue tells a cue that asks to spell.
func (u *utterance) isSpellingCue(c cue) bool {
	for i := c.from; i < c.end; i++ {
		for _, stem := range []string{"spell", "buchstab", "schreib", "geschrieb", "written"} {
			if strings.HasPrefix(u.heard[i].key, stem) {
				return true
			}
		}
	}
	return false
}

func (w windows) has(kind string) bool { return w.left[kind] > 0 }

// number returns the kind of number that was asked for latest, "" if none was.
func (w windows) number() string {
	best, most := "", 0
	for _, kind := range []string{Card, Iban, Booking, Passport, NationalID, BirthDate, Phone, Account, Address} {
		if n := w.left[kind]; n > most {
			best, most = kind, n
		}
	}
	return best
}
