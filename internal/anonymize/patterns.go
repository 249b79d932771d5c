package anonymize

// patterns runs the rules that look at letters and digits, not at words'
// meaning: e-mail, IBAN, card, phone, booking code.
func (t *tweet) patterns() {
	if _, size := nextAt(t.text, 0); size > 0 {
		t.emails()
	}
	numbers := false
	for i := range t.words {
		w := &t.words[i]
		if w.class&(bookings|files|counts|spells) != 0 {
			t.byWord(i)
		}
		switch w.shape {
		case digits:
			numbers = true
			if i > 0 && t.len(i-1) == 2 && (t.len(i) == 2 || t.len(i) > 12) { // "GB 82 WEST ..."
				t.iban(i - 1)
			}
		case other:
			numbers = numbers || t.extendedDigits(i) > 0
			t.iban(i)
			t.underscored(i)
			if i > 0 && t.len(i-1) == 2 && t.len(i) > 12 {
				t.iban(i - 1)
			}
			if t.len(i) == 6 {
				t.bookingInJapanese(i)
			}
		}
	}
	if numbers {
		t.numbers()
	}
}

// byWord runs the rules for what the word at i announces.
func (t *tweet) byWord(i int) {
	c := t.words[i].class
	if c&spells != 0 {
		t.spelled(i)
	}
	switch {
	case c&(bookings|files) != 0:
		t.booking(i)
		t.bookingBefore(i)
	case c&counts != 0 && (i == 0 || t.words[i-1].class&(models|orders|phones|pays|bookings|files|counts|connects) == 0):
		t.booking(i) // "police number is T0W9FB"
	}
}
