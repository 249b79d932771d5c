package anonymize

import (
	"encoding/csv"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/nyaruka/phonenumbers"

	"switchboard/internal/text"
)

// formed writes what has a form of its own (e-mail, phone, card, IBAN, booking
// code) in the ways in which people write it to customer support, and what
// only looks like it. It knows nothing of the rules: numbers come from the
// numbering plans' examples, cards from the prefixes of the networks' published
// test numbers, IBANs from the structures in the registry.
type formed struct{ generator }

// emails: host and local part, then how they are joined.
func (g formed) email() string {
	first := pick(g.generator, "jo", "maria", "j.smith", "anna-lena", "k_w", "o'neil", "will.i.am", "x1y2", "mary.anne.poe", "tom")
	local := first + pick(g.generator, "", "", g.digits(2), "+shop", "+a.b", ".doe", "_"+g.digits(4), "%x")
	host := pick(g.generator, "example.com", "mail.example.co.uk", "sub-1.example.org", "EXAMPLE.NET", "a.b.c.example.info", "example.museum",
		"exämple.de", "пример.испытание", "例え.jp", "xn--exmple-cua.com", "xn--e1afmkfd.xn--80akhbyknj4f", "x.io", "123.example.com")
	if g.IntN(6) == 0 {
		local = strings.ToUpper(local)
	}
	return local + "@" + host
}

func (g formed) spelledEmail() string {
	local := pick(g.generator, "jo.doe", "maria"+g.digits(2), "k_w", "anna-lena", "tom99")
	host := pick(g.generator, "example", "mail.example", "my-shop", "gmail", "hotmail")
	return fmt.Sprintf(pick(g.generator, "%s (at) %s.com", "%s [at] %s.com", "%s(at)%s.com", "%s[at]%s[dot]com", "%s (AT) %s (DOT) com", "%s {at} %s.org",
		"%s [at] %s dot co dot uk", "%s at %s dot com", "%s AT %s DOT com"), local, host)
}

// tweeting are the regions whose national numbers people write without a
// country code, and without saying that it is a phone.
var tweeting = []string{"US", "CA", "GB", "IE", "IN", "AU", "NZ", "DE", "AT", "CH", "FR", "BE", "NL", "ES", "PT", "IT", "PL", "CZ", "SE", "FI", "GR", "TR",
	"ZA", "NG", "KE", "GH", "PH", "MY", "ID", "TH", "VN", "JP", "KR", "HK", "TW", "AE", "SA", "EG", "IL", "BR", "MX", "AR", "CO", "PE", "CL", "RU", "UA", "RO", "HU", "PK", "BD", "LK"}

// example varies the numbering plan's example number of a region.
func (g formed) example(region string) *phonenumbers.PhoneNumber {
	for {
		n := phonenumbers.GetExampleNumberForType(region, pick(g.generator, phonenumbers.MOBILE, phonenumbers.FIXED_LINE, phonenumbers.TOLL_FREE))
		if n == nil {
			continue
		}
		varied := n.GetNationalNumber()
		varied += uint64(g.IntN(1000)) - varied%1000
		n.NationalNumber = &varied
		if phonenumbers.IsValidNumber(n) {
			return n
		}
	}
}

var allRegions = slices.Sorted(maps.Keys(phonenumbers.GetSupportedRegions()))

// phone returns a number and whether it needs a word beside it to be told from
// an order number.
func (g formed) phone() (number string, needsWord bool) {
	if g.IntN(2) == 0 {
		n := g.example(pick(g.generator, allRegions...))
		s := phonenumbers.Format(n, phonenumbers.INTERNATIONAL)
		e164 := phonenumbers.Format(n, phonenumbers.E164)
		switch g.IntN(8) {
		case 0:
			return e164, false
		case 1:
			return "00" + e164[1:], true
		case 2:
			return strings.ReplaceAll(s, " ", "-"), false
		case 3:
			return strings.ReplaceAll(strings.ReplaceAll(s, "-", " "), " ", "."), false
		case 4:
			cc, rest, _ := strings.Cut(s, " ")
			return "(" + cc + ") " + rest, false
		case 5:
			cc, rest, _ := strings.Cut(s, " ")
			return "00" + cc[1:] + " " + rest, true
		case 6:
			return e164[:3] + " " + e164[3:], false
		}
		return s, false
	}
	n := g.example(pick(g.generator, tweeting...))
	s := phonenumbers.Format(n, phonenumbers.NATIONAL)
	plain := phonenumbers.NormalizeDigitsOnly(s)
	short := len(plain) < 10 || !strings.ContainsAny(s, " -")
	switch g.IntN(6) {
	case 0:
		return plain, true
	case 1:
		return strings.ReplaceAll(s, " ", "-"), short
	case 2:
		return strings.NewReplacer("(", "", ")", "", " ", ".", "-", ".").Replace(s), true
	case 3:
		return strings.ReplaceAll(s, "-", " "), short
	case 4: // people's own grouping
		if len(plain) >= 10 {
			return plain[:5] + " " + plain[5:], true
		}
	}
	return s, short
}

// Test numbers as the networks and payment providers publish them.
var testCards = []string{
	"4111111111111111", "4012888888881881", "4222222222222", "4917610000000000003", "4000056655665556", "5555555555554444", "5105105105105100",
	"5200828282828210", "2223003122003222", "2223000048400011", "378282246310005", "371449635398431", "378734493671000", "6011111111111117",
	"6011000990139424", "6445644564456445", "6559906559906557", "30569309025904", "38520000023237", "36227206271667", "3056930009020004",
	"3530111333300000", "3566002020360505", "6200000000000005", "6205500000000000004", "6759649826438453", "6304000000000000", "5018000000000009",
	"6062828888666688", "2200000000000053", "6521000000000000",
}

// card keeps the first digits of a published test number, and its length.
func (g formed) card() string {
	published := pick(g.generator, testCards...)
	n := len(published)
	d := []byte(published[:6] + g.digits(n-7) + "0")
	for !luhn(d) {
		d[n-1]++
	}
	s := string(d)
	sep := pick(g.generator, " ", " ", "-", ".", "")
	groups := map[int][]int{13: {4, 3, 3, 3}, 14: {4, 6, 4}, 15: {4, 6, 5}, 16: {4, 4, 4, 4}, 19: {4, 4, 4, 4, 3}}[n]
	var parts []string
	for _, k := range groups {
		parts, s = append(parts, s[:k]), s[k:]
	}
	return strings.Join(parts, sep)
}

// The structures in the IBAN registry (release 99) behind the check digits: n
// digits, a capital letters, c either.
const structures = `AD 4n4n12c, AE 3n16n, AL 8n16c, AT 5n11n, AZ 4a20c, BA 3n3n8n2n, BE 3n7n2n, BG 4a4n2n8c, BH 4a14c, BI 5n5n11n2n, BR 8n5n10n1a1c,
	BY 4c4n16c, CH 5n12c, CR 4n14n, CY 3n5n16c, CZ 4n6n10n, DE 8n10n, DJ 5n5n11n2n, DK 4n9n1n, DO 4c20n, EE 2n2n11n1n, EG 4n4n17n, ES 4n4n1n1n10n,
	FI 3n11n, FK 2a12n, FO 4n9n1n, FR 5n5n11c2n, GB 4a6n8n, GE 2a16n, GI 4a15c, GL 4n9n1n, GR 3n4n16c, GT 4c20c, HN 4a20n, HR 7n10n, HU 3n4n1n15n1n,
	IE 4a6n8n, IL 3n3n13n, IQ 4a3n12n, IS 4n2n6n10n, IT 1a5n5n12c, JO 4a4n18c, KW 4a22c, KZ 3n13c, LB 4n20c, LC 4a24c, LI 5n12c, LT 5n11n, LU 3n13c,
	LV 4a13c, LY 3n3n15n, MC 5n5n11c2n, MD 2c18c, ME 3n13n2n, MK 3n10c2n, MN 4n12n, MR 5n5n11n2n, MT 4a5n18c, MU 4a2n2n12n3n3a, NI 4a20n, NL 4a10n,
	NO 4n6n1n, OM 3n16c, PK 4a16c, PL 8n16n, PS 4a21c, PT 4n4n11n2n, QA 4a21c, RO 4a16c, RS 3n13n2n, RU 9n5n15c, SA 2n18c, SC 4a2n2n16n3a, SD 2n12n,
	SE 3n16n1n, SI 5n8n2n, SK 4n6n10n, SM 1a5n5n12c, SO 4n3n12n, ST 4n4n11n2n, SV 4a20n, TL 3n14n2n, TN 2n3n13n2n, TR 5n1n16c, UA 6n19c, VA 3n15n,
	VG 4a16n, XK 4n10n2n, YE 4a4n18c`

func (g formed) iban() string {
	country, structure, _ := strings.Cut(strings.TrimSpace(pick(g.generator, strings.Split(structures, ",")...)), " ")
	var body strings.Builder
	for n := 0; structure != ""; structure = structure[1:] {
		if c := structure[0]; c <= '9' {
			n = n*10 + int(c-'0')
			continue
		} else {
			letters := map[byte]string{'n': "0123456789", 'a': "ABCDEFGHIJKLMNOPQRSTUVWXYZ", 'c': "0123456789012345678901234567890ABCDEFGHIJ"}[c]
			for range n {
				body.WriteByte(letters[g.IntN(len(letters))])
			}
		}
		n = 0
	}
	rest := 0
	for _, c := range body.String() + country + "00" {
		v := strings.IndexRune("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ", c)
		if v > 9 {
			rest *= 10
		}
		rest = (rest*10 + v) % 97
	}
	s := fmt.Sprintf("%s%02d%s", country, 98-rest, body.String())
	if g.IntN(3) == 0 {
		var groups []string
		for len(s) > 4 {
			groups, s = append(groups, s[:4]), s[4:]
		}
		s = strings.Join(append(groups, s), pick(g.generator, " ", " ", "-"))
	} else if g.IntN(4) == 0 {
		s = s[:2] + " " + s[2:]
	}
	if g.IntN(3) == 0 {
		s = strings.ToLower(s)
	}
	return s
}

// code is a record locator: six letters and digits, often letters alone.
func (g formed) code(n int) string {
	const chars = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
	for {
		var b strings.Builder
		for range n {
			b.WriteByte(chars[g.IntN(len(chars))])
		}
		// What nobody can tell from a flight or from a number.
		if s := b.String(); strings.Trim(s[2:], "23456789") != "" && strings.Trim(s, "ABCDEFGHJKLMNPQRSTUVWXYZ") != "" {
			return s
		}
	}
}

func (g formed) letters() string {
	return strings.ToUpper(pick(g.generator, "sefapf", "ztuvpa", "nwdbpn", "qkrrlh", "hzaaro", "xkyzjw", "vmpqds", "lhtrew"))
}

// tail is what follows the datum.
func (g formed) tail() string {
	return pick(g.generator, "", ".", "!", "?", ", thanks", ". Thanks!", " please", " asap 😡", "...", " <url>", ". It is urgent", "; any news?", " 🙏", ")")
}

func (g formed) opening() string {
	return pick(g.generator, "", "", "", "Hi, ", "still waiting!! ", "😡 ", "I was told to write here. ", "Hello team - ", "2nd time I ask: ", "Still no answer after 3 days. ", "Since 10/12 nothing works. ")
}

func (g formed) positive(class string) labelled {
	p := func(forms ...string) string { return pick(g.generator, forms...) }
	form, datum, kind := "", "", ""
	switch class {
	case "email":
		form, datum, kind = p("my address is %s", "%s", "email: %s", "pls write to %s", "it was sent to <%s>", "(%s)", "\"%s\"", "e-mail:%s", "mi correo es %s",
			"mein Konto läuft auf %s", "my account email is %s, password reset fails", "mon adresse : %s", "%s is my email", "contact me-%s", "mailto:%s"), g.email(), Email
	case "spelled email":
		form, datum, kind = p("my email is %s", "email: %s", "mail me: %s", "you can reach me on %s", "write to %s"), g.spelledEmail(), Email
	case "phone":
		number, needsWord := g.phone()
		datum, kind = number, Phone
		form = p("call me on %s", "my number is %s", "phone: %s", "please ring %s", "mobile %s", "Tel. %s", "cell:%s", "you can reach me at %s", "text me on %s", "my whatsapp is %s",
			"contact no. %s", "mi teléfono es %s", "llámame al %s", "Handynummer: %s", "erreichbar unter %s", "appelez-moi au %s", "mon numéro de téléphone est le %s",
			"meu telefone é %s", "il mio cellulare è %s", "bel me op %s", "Call us: %s", "☎ phone %s", "phone number is (%s", "My order is late, call %s", "call %s 24/7", "tel:%s")
		if !needsWord {
			form = p(form, form, "%s", "my details: Jo, %s", "who owns %s", "I got spam from %s again", "the form shows %s as mine", "%s 24/7", "it rings through to %s now", "%s or DM")
		}
		if g.IntN(8) == 0 {
			datum += p(" ext. 12", " ext 4411", " x123", " x 7", ", ext. 345", " extension 99")
		}
	case "card":
		datum, kind = g.card(), Card
		form = p("my card %s was declined", "you charged %s twice", "card number: %s", "%s", "Visa %s", "it says %s is expired", "paid with %s yesterday", "%s exp 12/27", "card %s 12/27 cvv 123",
			"mi tarjeta %s no funciona", "Kreditkarte %s", "ma carte %s", "cartão %s", "debit card ending? full: %s", "payment by card no. %s failed", "%s was stolen", "cc: %s")
	case "iban":
		datum, kind = g.iban(), Iban
		form = p("my IBAN is %s", "%s", "refund to %s", "IBAN: %s", "(%s)", "Konto %s", "pay it to %s by friday", "iban %s", "mi cuenta %s", "compte %s", "account no. %s", "it's %s")
	case "booking":
		datum, kind = g.code(pick(g.generator, 6, 6, 6, 5, 7, 8)), Booking
		if g.IntN(4) == 0 {
			datum = g.letters()
		}
		form = p("booking reference %s", "PNR %s", "PNR: %s", "my booking is %s", "confirmation # %s", "conf#%s", "record locator %s", "Booking ref: %s", "reservation number %s",
			"my reservation no. is %s", "itinerary %s was changed", "booking code (%s", "Buchungsnummer %s", "Meine Buchungsnummer lautet %s", "Buchungscode: %s", "Reservierung %s",
			"código de reserva %s", "mi reserva es %s", "localizador %s", "numéro de réservation %s", "réservation %s", "codice prenotazione %s", "prenotazione %s",
			"código da reserva %s", "boekingsnummer %s", "reservering %s", "bokningsnummer %s", "%s is my booking reference", "booking number is \"%s\"", "Confirmation code = %s", "BOOKING REF %s")
	case "reference":
		datum, kind = g.mixed(), Booking
		form = p("order %s", "my ref is %s", "ref %s", "reference: %s", "ticket %s", "claim no. %s", "case %s is closed?", "dossier %s", "protocolo %s", "pratica %s", "Vorgang %s", "pedido %s",
			"la referencia es %s", "Auftrag %s", "commande %s", "job number %s", "refund request %s", "file %s", "番号は %s です", "police number is %s", "order number is %s")
	}
	l := around(g.opening()+form, datum, kind, class)
	l.text += g.tail()
	return l
}

// mixed is a code of six in which letters and digits alternate.
func (g formed) mixed() string {
	for {
		s := g.code(6)
		changes := 0
		for i := range s[1:] {
			if (s[i] > '9') != (s[i+1] > '9') {
				changes++
			}
		}
		if changes > 1 {
			return s
		}
	}
}

func (g formed) negative() labelled {
	p := func(forms ...string) string { return pick(g.generator, forms...) }
	n := g.digits
	form, class := "", p("order", "tracking", "price", "amount", "date", "time", "flight", "version", "score", "hashtag", "model", "postcode", "year", "serial", "id", "words")
	switch class {
	case "order":
		num := p("1"+n(9), "5"+n(8), n(3)+"-"+n(7)+"-"+n(7), "#"+n(10), n(8), n(12), "W"+n(9), "SO-"+n(6), "#1"+n(4), "10"+n(14), n(4)+"-"+n(6), n(5)+"-"+n(5))
		form = p("order number "+num, "order "+num+" has not arrived", "my order no. is "+num, "Order #"+strings.TrimPrefix(num, "#"), "Bestellnummer "+num, "mi pedido "+num, "commande n° "+num,
			"ordine "+num, "pedido número "+num, "Order ID: "+num, "order ref "+num, "bestelling "+num, "invoice "+num, "Rechnung "+num, "receipt no "+num)
	case "tracking":
		num := p("1Z"+n(16), "94001"+n(17), n(12), "JD0"+n(15), "RM"+n(9)+"GB", "9400 1"+n(3)+" "+n(4)+" "+n(4)+" "+n(4)+" "+n(2), n(4)+" "+n(4)+" "+n(4), "TBA"+n(12), n(10), "H0"+g.code(6)+n(8))
		form = p("tracking number "+num, "tracking # "+num, "parcel "+num+" is lost", "Sendungsnummer "+num, "tracking: "+num, "consignment no. "+num, "colis "+num, "AWB "+num, "número de seguimiento "+num)
	case "price":
		form = p("I paid $"+n(3)+".99", "£"+n(2)+".50 for that?", "€ 1.299.000", "it costs 1,299,00"+n(1)+" rupees", "you charged me "+n(3)+",99 €", "$1,234,567.89", "Rs. "+n(5), "£4155552671", "R$ 2.499,00",
			"from 49.99 to 59.99", "USD "+n(4), "IDR 1.250.000", "a fare of 1 299 kr", "$"+n(10))
	case "amount":
		form = p("1 000 000 users can't be wrong", "over 10 000 000 views", "used 12345678 bytes of 20000000", n(4)+" points and "+n(5)+" miles", "5000 5000 5000 steps", "2 x 500 ml, 3 x 250 g", "100 200 300 units",
			"speed is 12.5 Mbps down 1.2 up", "98.6 99.1 100.4 today", "error rate 0.0012345678", "balance 12345.67", "I have 1500000 miles")
	case "date":
		form = p("on 2017-10-31", "31.10.2017 18:30", "10/31/2017", "from 2017-10-31 to 2017-11-02", "since 12-04-2016", "20171031", "31-10-17", "on 2024-01-05 10 30", "2017.10.31", "Nov 3, 2017", "le 05/11/2017 à 18h30",
			"26 11 2017", "arrives 12-13 Dec 2017", "2017-10-31 12-30")
	case "time":
		form = p("from 10:30 to 11:45", "between 0800 and 1730", "0800-2000 daily", "0900 - 1730 Mon", "at 18.30 or 19.45", "24/7", "10:30:15.123", "open 8-5, 9-6", "9am-5pm", "arrived 2345 instead of 2115")
	case "flight":
		form = p("BA"+n(4), "flight DL "+n(4), "AA"+n(3)+" and UA"+n(3), "U2 "+n(4)+" was late", "my booking for flight BA"+n(4), "flight LH"+n(3)+" cancelled", "Flug LH"+n(4), "vuelo IB"+n(4), "booking flight AA"+n(4), "my reservation on DL"+n(4),
			"vol AF"+n(4)+" annulé")
	case "version":
		form = p("version 8.4."+n(2)+"."+n(3), "iOS 11.0.3 (15A432)", "192.168.1."+n(2), "v1.0.65.320", "Chrome 61.0.3163.100 on my phone", "build 17C79", "app 1.0.67.582.g19436fa3", "Android 7.1.1, app 8.4.22.857", "Windows 10.0.15063",
			"ip 100.41.128."+n(2), "10.12.6 and 1.0.66.478", "firmware 2.1.0-4417", "macOS 10.13.2 (17C88)", "10.0.0.1 is the router of my phone line")
	case "score":
		form = p("won 3-2 2-1 4-0", "21-15 18-21 15-12", "it's 6-4 6-3", "4-0 again", "100-98 at the end", "scored 1000 2000 3000", "2-1 2-1 2-1 2-1", "rating 4.5/5.0", "10/10 service 5/5 staff", "7-6 (7-4) 6-4")
	case "hashtag":
		form = p("#CES2018", "#"+n(10), "#4155552671", "#BlackFriday2017", "#100daysofcode", "#USA94 #WC2018", "#AB12CD", "#2017goals", "#h7x9p2")
	case "model":
		form = p("my WH-1000XM3 died", "Samsung SM-G950F", "Galaxy S8+ and LG G6", "the RTX 3080", "model 55UJ6300", "booking on my iPhone8", "a PS4 Pro CUH-7215B", "part number L38120-001", "DPCI 030-02-8711", "MacBook A1466 EMC 2925",
			"HP 15-bs015dx", "model number GT-I9505", "order of an XBR55", "the F150 and the X5", "B0"+g.code(8)+" on your site", "ISBN 978-3-16-148410-0", "model no. KDL40R")
	case "postcode":
		form = p("SW1A 1AA", "order to M1 1AE", "my booking is for EC1A 1BB", "postcode B33 8TH", "K1A 0B1 Ottawa", "deliver to 90210-1234", "PLZ 10115 Berlin", "zip 30301 order", "75008 Paris", "110001 New Delhi", "01310-100 São Paulo", "1012 AB Amsterdam")
	case "year":
		form = p("2016-2017", "since 1999", "2017 2018 2019", "customer since 2004", "in 2019/2020", "the 2018-2019 season", "1984-2017", "born 1984", "model year 2016", "from 2015 to 2017", "booking for 2019")
	case "serial":
		form = p("serial # "+n(10), "S/N "+g.code(8)+n(3), "serial number "+n(12), "IMEI 35"+n(13), "IMEI: 86"+n(13), "error code 0x80070"+n(3), "error 0x"+n(8), "error 403-"+n(6), "MAC 00:1B:44:11:3A:B7", "VIN 1HGCM82633A"+n(6), "error "+n(5)+"-"+n(5))
	case "id":
		form = p("case "+n(8), "case number "+n(10), "reference "+n(12), "claim no. "+n(8), "account "+n(10), "customer number "+n(9), "my account number is "+n(10), "SkyMiles # "+n(10), "ref "+n(3)+"-"+n(4)+"-"+n(4),
			"ticket "+n(10)+" still open", "SR 1-"+n(10), "Aktenzeichen "+n(10), "Kundennummer "+n(10), "membership no "+n(10), "policy "+n(10), "user id "+n(8), "CAS-"+n(8)+"-ABCDEF", "protocolo "+n(12), "ticket number 006"+n(10),
			"my phone order "+n(10), "call about case "+n(10), "text about order "+n(10), "gift card code "+g.code(5)+"-"+g.code(5))
	case "words":
		form = p("my booking PLEASE", "order STATUS please", "BOOKING AGENCY is bad", "booking SYSTEM down again", "itinerary is 2stops", "order 2pieces", "meet @ 5", "a@b", "look at example.com", "shop at amazon.com or at bbc.co.uk",
			"I bought it at amazon dot com", "see you at home", "reservation for 2people", "CONFIRMATION EMAIL never came", "confirmation email never came", "order 1000ml", "booking ONLINE", "I'm at the gate (at last) again", "reference LETTER",
			"we ate at 5 dot com", "booking via iPhone11", "order 250GB", "reservation TONIGHT", "PNR STATUS", "ticket PRICES", "booking 3nights")
	}
	return labelled{text: g.opening() + form + p("", "", ".", "!", "?", " please", ", thanks", " 😡", " and nothing happens"), class: class}
}

// What has a form is found however people write it, and what only looks like
// it stays.
func TestFormedData(t *testing.T) {
	a := rulesAlone(t)
	g := formed{generator{rand.New(rand.NewPCG(7, 7))}}
	classes := []string{"email", "email", "spelled email", "phone", "phone", "phone", "phone", "card", "card", "iban", "iban", "booking", "booking", "reference"}
	found, all := map[string]int{}, map[string]int{}
	for i := range 7000 {
		class := classes[i%len(classes)]
		l := g.positive(class)
		if clean := text.Clean(l.text); clean != l.text {
			t.Fatalf("%q is %q once it is clean", l.text, clean)
		}
		all[class]++
		r := one(t, a, l.text)
		check(t, l.text, r)
		if slices.ContainsFunc(r.Spans, func(sp Span) bool { return sp.Kind == l.kind && sp.Start <= l.start && sp.End >= l.end }) {
			found[class]++
		} else {
			t.Logf("%s: %q became %q", class, l.text, r.Text)
		}
	}
	for class, least := range map[string]float64{"email": 1, "spelled email": 1, "phone": 1, "card": 1, "iban": 1, "booking": 0.99, "reference": 0.99} {
		if share := float64(found[class]) / float64(all[class]); share < least {
			t.Errorf("%s: found %d of %d, want %.0f%%", class, found[class], all[class], 100*least)
		}
	}

	wrong, of := map[string]int{}, 0
	for range 3000 {
		l := g.negative()
		of++
		r := one(t, a, l.text)
		check(t, l.text, r)
		if slices.ContainsFunc(r.Spans, func(sp Span) bool { return sp.Kind != Person }) {
			wrong[l.class]++
			t.Logf("%s: %q became %q", l.class, l.text, r.Text)
		}
	}
	sum := 0
	for _, n := range wrong {
		sum += n
	}
	if share := float64(sum) / float64(of); share > 0.01 {
		t.Errorf("%d of %d texts without personal data were changed: %v", sum, of, wrong)
	}
}

// The sample has details of every form in it, and says where.
func TestSample(t *testing.T) {
	tweets := map[string][]string{"tweets": sampleTexts(t, "tweets.csv"), "production": sampleTexts(t, "production.csv")}
	kinds := map[string]string{"Email": Email, "Phone": Phone, "Card": Card, "IBAN": Iban, "Booking": Booking}
	a := rulesAlone(t)
	found, all := map[string]int{}, map[string]int{}
	for _, row := range sampleRows(t, "names.csv") {
		kind := kinds[row[4]]
		if kind == "" {
			continue // names are for a model as well
		}
		var at [3]int
		for i, field := range row[1:4] {
			n, err := strconv.Atoi(field)
			if err != nil {
				t.Fatal(err)
			}
			at[i] = n
		}
		raw := tweets[row[0]][at[0]]
		// Marks survive the cleaning and tell where it has moved the detail.
		const begin, end = "\ue000", "\ue001"
		before, rest, _ := strings.Cut(text.Clean(raw[:at[1]]+begin+raw[at[1]:at[2]]+end+raw[at[2]:]), begin)
		datum, behind, _ := strings.Cut(rest, end)
		r := one(t, a, before+datum+behind)
		all[kind]++
		if slices.ContainsFunc(r.Spans, func(sp Span) bool { return sp.Kind == kind && sp.Start <= len(before) && sp.End >= len(before+datum) }) {
			found[kind]++
		} else {
			t.Logf("%s: %q in %q", kind, datum, before+datum+behind)
		}
	}
	for kind, least := range map[string]float64{Email: 1, Phone: 1, Card: 1, Iban: 1, Booking: 0.99} {
		t.Logf("%s: %d of %d", kind, found[kind], all[kind])
		if all[kind] == 0 || float64(found[kind]) < least*float64(all[kind]) {
			t.Errorf("%s: found %d of %d, want %.0f%%", kind, found[kind], all[kind], 100*least)
		}
	}
}

// sampleRows returns the rows of a file of the sample, below its header.
func sampleRows(t *testing.T, name string) [][]string {
	t.Helper()
	f, err := os.Open(filepath.Join("..", "..", "datasets", "sample", name))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	r := csv.NewReader(f)
	r.FieldsPerRecord = -1 // the sample has rows that are too short, on purpose
	rows, err := r.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	return rows[1:]
}

// sampleTexts returns the tweets of a file of the sample.
func sampleTexts(t *testing.T, name string) (texts []string) {
	column := map[string]int{"tweets.csv": 4, "production.csv": 1}[name]
	for _, row := range sampleRows(t, name) {
		texts = append(texts, row[column])
	}
	return texts
}
