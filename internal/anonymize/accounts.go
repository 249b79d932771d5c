package anonymize

import (
	"slices"
	"strings"
)

// ibanLengths are the lengths in the IBAN registry (ISO 13616), by country,
// and those of countries and territories that write IBANs without being listed
// there.
var ibanLengths = map[string]int{
	"AD": 24, "AE": 23, "AL": 28, "AT": 20, "AZ": 28, "BA": 20, "BE": 16, "BG": 22, "BH": 22, "BI": 27, "BR": 29,
	"BY": 28, "CH": 21, "CR": 22, "CY": 28, "CZ": 24, "DE": 22, "DJ": 27, "DK": 18, "DO": 28, "EE": 20, "EG": 29,
	"ES": 24, "FI": 18, "FK": 18, "FO": 18, "FR": 27, "GB": 22, "GE": 22, "GI": 23, "GL": 18, "GR": 27, "GT": 28,
	"HN": 28, "HR": 21, "HU": 28, "IE": 22, "IL": 23, "IQ": 23, "IS": 26, "IT": 27, "JO": 30, "KW": 30, "KZ": 20,
	"LB": 28, "LC": 32, "LI": 21, "LT": 20, "LU": 20, "LV": 21, "LY": 25, "MC": 27, "MD": 24, "ME": 22, "MK": 19,
	"MN": 20, "MR": 27, "MT": 31, "MU": 30, "NI": 28, "NL": 18, "NO": 15, "OM": 23, "PK": 24, "PL": 28, "PS": 29,
	"PT": 25, "QA": 29, "RO": 24, "RS": 22, "RU": 33, "SA": 24, "SC": 31, "SD": 18, "SE": 24, "SI": 19, "SK": 24,
	"SM": 27, "SO": 23, "ST": 25, "SV": 28, "TL": 23, "TN": 24, "TR": 26, "UA": 29, "VA": 22, "VG": 24, "XK": 20,
	"YE": 30,

	"AO": 25, "AX": 18, "BF": 28, "BJ": 28, "BL": 27, "CF": 27, "CG": 27, "CI": 28, "CM": 27, "CV": 25, "DZ": 26,
	"GA": 27, "GF": 27, "GG": 22, "GP": 27, "GQ": 27, "GW": 25, "IM": 22, "IR": 26, "JE": 22, "KM": 27, "MA": 28,
	"MF": 27, "MG": 27, "ML": 28, "MQ": 27, "MZ": 25, "NC": 27, "NE": 28, "PF": 27, "PM": 27, "RE": 27, "SN": 28,
	"TD": 27, "TF": 27, "TG": 28, "WF": 27, "YT": 27,
}

// iban finds an account number that begins at word i, written together or in
// groups.
func (t *tweet) iban(i int) {
	w := t.words[i]
	if t.len(i) < 2 || t.len(i) > 34 {
		return
	}
	want := ibanLengths[strings.ToUpper(t.text[w.start:w.start+2])]
	if want == 0 || t.len(i) > want {
		return
	}
	var buf [34]byte
	iban := buf[:0]
	j := i
	for ; j < len(t.words) && len(iban) < want; j++ {
		if gap := t.gap(j); j > i && gap != " " && gap != "-" && gap != "." {
			return
		}
		part := t.text[t.words[j].start:t.words[j].end]
		if len(iban)+len(part) > want || j > i && len(part) > 4 && t.words[j].shape != digits && t.words[j].shape != other {
			return // "at 159 images"
		}
		for _, c := range []byte(part) {
			if !isAlnum(c) {
				return
			}
		}
		iban = append(iban, part...)
		if len(iban) >= 4 && (iban[2] > '9' || iban[3] > '9') {
			return
		}
	}
	if len(iban) == want && mod97(iban) == 1 {
		t.add("iban", Iban, w.start, t.words[j-1].end)
	}
}

// mod97 is the check of ISO 7064 over an IBAN: 1 if it holds.
func mod97(iban []byte) int {
	rest := 0
	digit := func(c byte) {
		switch {
		case c <= '9':
			rest = (rest*10 + int(c-'0')) % 97
		default:
			rest = (rest*100 + int(c&^0x20-'A') + 10) % 97
		}
	}
	for _, c := range iban[4:] {
		digit(c)
	}
	for _, c := range iban[:4] {
		digit(c)
	}
	return rest
}

// isCard tells a payment card: a known prefix, the right length, groups as on
// a card, and the check digit of ISO/IEC 7812 (Luhn). Where the text speaks of
// a card, any prefix that a card can have is one.
func (t *tweet) isCard(r run) bool {
	n := len(r.digits)
	if n < 12 || n > 19 || r.plus || r.brackets || len(r.groups) > 1 && !isCardGrouping(r.groups) || !luhn(r.digits) {
		return false
	}
	paid := t.precededBy(r.first, pays, 4)
	switch {
	case !paid && r.part && t.followsFour(r):
		return false
	case !paid && (t.announced(r.first)|t.near(r.first, 2))&(orders|models) != 0, n < 13 && !paid:
		return false
	case hasCardPrefix(r.digits):
		return true
	}
	return paid && r.digits[0] >= '2' && r.digits[0] != '7'
}

// isCardGrouping tells how cards are embossed, and how people group what is.
func isCardGrouping(groups []int) bool {
	for _, g := range [][]int{
		{4, 4, 4, 4}, {4, 4, 4, 4, 3}, {4, 4, 4, 4, 2}, {4, 4, 4, 4, 1}, {6, 13}, {8, 8}, {4, 12}, {4, 4, 8}, {8, 4, 4}, {6, 10}, {4, 6, 6}, // 16 and more digits
		{4, 6, 5}, {4, 4, 4, 3}, {4, 5, 6}, // American Express, UATP
		{4, 6, 4}, {4, 4, 4, 2}, // Diners Club
		{4, 3, 3, 3}, {4, 4, 5}, {4, 4, 4, 1}, {4, 4, 4}, // Visa of 13 digits, Maestro
	} {
		if slices.Equal(g, groups) {
			return true
		}
	}
	return false
}

// hasCardPrefix knows the networks' prefixes and lengths.
func hasCardPrefix(d []byte) bool {
	prefix := func(n int) int {
		v := 0
		for _, c := range d[:n] {
			v = v*10 + int(c-'0')
		}
		return v
	}
	n, p2, p3, p4 := len(d), prefix(2), prefix(3), prefix(4)
	switch {
	case d[0] == '4': // Visa
		return n == 13 || n == 16 || n == 19
	case p2 >= 51 && p2 <= 55, p4 >= 2221 && p4 <= 2720: // Mastercard
		return n == 16
	case p2 == 34 || p2 == 37: // American Express
		return n == 15
	case p2 == 36 || p2 == 38 || p2 == 39 || p3 >= 300 && p3 <= 305 || p3 == 309: // Diners Club
		return n == 14 || n == 16 || n == 19
	case p4 == 6011 || p2 == 65 || p3 >= 644 && p3 <= 649: // Discover
		return n == 16 || n == 19
	case p4 >= 3528 && p4 <= 3589: // JCB
		return n == 16 || n == 19
	case p2 == 62 || p2 == 81: // UnionPay
		return n >= 16
	case p4 >= 2200 && p4 <= 2204: // Mir
		return n >= 16
	case p4 == 5018 || p4 == 5020 || p4 == 5038 || p4 == 5893 || p4 == 6304 || p4 == 6759 || p4 >= 6761 && p4 <= 6763: // Maestro
		return true
	case p2 == 60 || p2 == 82 || p3 == 508 || p3 == 353 || p3 == 356: // RuPay, Hipercard
		return n == 16
	case p3 == 506, p4 == 5019, p3 == 636, p3 >= 637 && p3 <= 639, p4 == 9792: // Verve, Dankort, Elo, InstaPayment, Troy
		return n == 16
	}
	return false
}

func luhn(d []byte) bool {
	sum := 0
	for i := range d {
		v := int(d[len(d)-1-i] - '0')
		if i%2 == 1 {
			if v *= 2; v > 9 {
				v -= 9
			}
		}
		sum += v
	}
	return sum%10 == 0
}
