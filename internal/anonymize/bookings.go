package anonymize

import (
	"strings"
	"unicode/utf8"
)

// booking finds the codes behind "booking reference" or "order", the word at
// i, and the code that "is my booking reference" follows.
func (t *tweet) booking(i int) {
	sure := t.words[i].class&bookings != 0
	j, linked := i+1, false
	for j < len(t.words) && j <= i+6 && t.words[j].class&connects != 0 && isConnection(t.gap(j)) {
		linked = linked || t.words[j].class&(counts|links) != 0
		sure = sure || t.words[j].class&bookings != 0
		j++
	}
	if j >= len(t.words) {
		return
	}
	linked = linked || strings.ContainsAny(t.gap(j), "#:=")
	shouted := t.words[i].shape == upper && t.len(i) > 4 && !linked
	for ; j < len(t.words) && isConnection(t.gap(j)) && t.isCode(j, sure, linked, shouted); j++ {
		t.add("booking", Booking, t.words[j].start, t.words[j].end)
		if j+1 < len(t.words) && t.isWord(j+1, "and", "or", "und", "y", "et", "e") {
			j++
		}
	}
}

// bookingBefore finds the code in "L9YWHW is my booking reference", whose
// noun is the word at i.
func (t *tweet) bookingBefore(i int) {
	said := false
	for j := i - 1; j >= max(0, i-4); j-- {
		if !isConnection(t.gap(j + 1)) {
			return
		}
		if t.words[j].class&connects == 0 || t.words[j].shape == other {
			if said && t.isCode(j, t.words[i].class&bookings != 0, false, false) {
				t.add("booking", Booking, t.words[j].start, t.words[j].end)
			}
			return
		}
		said = said || t.isWord(j, "is", "was", "es", "ist", "est", "IS")
	}
}

// bookingInJapanese finds the code at word i behind "番号は" or "予約", which
// are no words of their own.
func (t *tweet) bookingInJapanese(i int) {
	if i == 0 || t.text[t.words[i-1].start] < utf8.RuneSelf {
		return
	}
	before := strings.TrimRight(t.text[t.words[i-1].start:t.words[i].start], " :：#「(はがの")
	for _, noun := range []string{"番号", "予約", "コード", "注文"} {
		if strings.HasSuffix(before, noun) && t.isCode(i, false, true, false) {
			t.add("booking", Booking, t.words[i].start, t.words[i].end)
			return
		}
	}
}

func isConnection(gap string) bool {
	return strings.Trim(gap, " #:.=-–()*,&\"'“’°º") == "" && len(gap) <= 6
}

// isCode tells a booking code: five to eight letters and digits, or six
// capital letters. What is announced by less than "booking" has to have six,
// mixed as chance mixes them. Shouted letters may be any word.
func (t *tweet) isCode(i int, sure, linked, shouted bool) bool {
	w, n := t.words[i], t.len(i)
	if n < 5 || n > 8 || w.class&(common|brand|given|never) != 0 || !sure && n != 6 || w.possessive {
		return false
	}
	if w.shape == upper {
		return sure && n == 6 && !shouted && isASCII(t.text[w.start:w.end])
	}
	if w.shape != other {
		return false
	}
	s := t.text[w.start:w.end]
	letters, changes, small := 0, 0, false
	for k := range len(s) {
		c := s[k]
		if !isAlnum(c) {
			return false
		}
		if c > '9' {
			letters++
			small = small || c >= 'a'
		}
		if k > 0 && (c > '9') != (s[k-1] > '9') {
			changes++
		}
	}
	switch {
	case letters == 0 || letters == n || isFlight(s):
		return false
	case changes > 1:
		return true
	case s[0] <= '9': // "2stops", "100USD"
		return sure && (!small || linked && !isCounted(s[n-letters:]))
	}
	return sure && !small || linked && (sure || letters > 1)
}

func isASCII(s string) bool { return strings.IndexFunc(s, func(r rune) bool { return r > 0x7f }) < 0 }

// isCounted tells what follows a number rather than ends a code.
func isCounted(s string) bool {
	switch strings.ToLower(s) {
	case "stops", "stop", "days", "day", "hours", "hrs", "mins", "min", "weeks", "months", "pcs", "seats", "pax", "items", "usd", "gbp", "eur", "inr",
		"bags", "legs", "people", "times", "nights", "tickets", "adults", "points", "miles", "myr", "aud", "cad", "zar":
		return true
	}
	return false
}

// isFlight tells "BA1372", "U21234" and "9W123": an airline's two characters and
// up to four digits.
func isFlight(s string) bool {
	if len(s) > 6 || s[0] <= '9' && s[1] <= '9' {
		return false
	}
	for _, c := range []byte(s[2:]) {
		if c < '0' || c > '9' {
			return false
		}
	}
	return true
}
