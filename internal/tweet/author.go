package tweet

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"
	"golang.org/x/text/unicode/norm"
)

// role is who wrote a tweet, as inbound tells it.
type role uint8

const (
	// untold: there is no such column, or nothing in it that can be read.
	untold role = iota
	fromCustomer
	fromCompany
)

// roleOf reads inbound, and tells whether it was written the usual way.
func roleOf(s string) (role, bool) {
	switch s {
	case "True":
		return fromCustomer, true
	case "False":
		return fromCompany, true
	}
	switch strings.ToLower(strings.TrimSpace(s)) {
	case "true", "1", "1.0", "t", "yes", "y":
		return fromCustomer, false
	case "false", "0", "0.0", "f", "no", "n":
		return fromCompany, false
	}
	return untold, false
}

// author is an author under one spelling of the name.
type author struct {
	name string
	// plain names consist of what a handle may have; numeric ones are
	// numbers, as customers' are; weak ones are several words without a
	// capital letter, which may be a piece of a text.
	plain, numeric, weak bool
	// rows are how many tweets of each role the author has, and first is the
	// row of the first one of each.
	rows  [3]int64
	first [3]int32
}

func (a *author) add(r role, row int32) {
	if a.rows[r] == 0 {
		a.first[r] = row
	}
	a.rows[r]++
}

// authors finds out which authors of a table are companies. A row's author is
// kept as an index into spellings until all rows are known.
type authors struct {
	// told says that the table tells who is a customer.
	told      bool
	spellings []author
	byName    map[string]int32
}

// find returns the index of an author, -1 where the name can be nobody's. A
// name with more than letters, digits and a few marks in it is taken for one
// only if the row says that a company wrote it, or no row says so: it may be a
// row whose columns have slipped, and a piece of its text must not become a
// label.
func (a *authors) find(s string, r role) int32 {
	if len(s) > maxAuthor {
		return -1
	}
	if i, ok := a.byName[s]; ok {
		return i
	}
	name := strings.TrimSpace(strings.TrimPrefix(strings.TrimSpace(s), "@"))
	numeric := isCustomer(name)
	plain := isHandle(name)
	if isNothing(name) || !plain && (!isName(name) || r == untold && a.told) {
		return -1
	}
	numeric = numeric || isSpelledNumber(name)
	if numeric && r != fromCompany {
		return -1
	}
	// A copy, so that the name does not hold on to its whole row.
	s = strings.Clone(s)
	i := int32(len(a.spellings))
	a.spellings = append(a.spellings, author{name: strings.Clone(name), plain: plain, numeric: numeric, weak: !plain && isWeak(name)})
	a.byName[s] = i
	return i
}

// isCustomer tells whether an author is a customer where inbound does not: their
// names were replaced by numbers when the data was published, companies kept
// their handles. A data frame may have made the number fractional.
func isCustomer(author string) bool {
	return isNumber(strings.TrimSuffix(author, ".0"))
}

// isSpelledNumber tells a customer's number as a spreadsheet writes it.
func isSpelledNumber(author string) bool {
	var plain idReader
	_, form := plain.parse(author)
	return form.readable() || form == rounded
}

// isHandle tells whether an author's name is a handle: 1 to 50 ASCII letters,
// digits, underscores, dots and hyphens.
func isHandle(s string) bool {
	if len(s) == 0 || len(s) > 50 {
		return false
	}
	for i := range len(s) {
		c := s[i]
		if c-'0' > 9 && c|0x20-'a' > 25 && c != '_' && c != '.' && c != '-' {
			return false
		}
	}
	return true
}

// maxAuthor bounds what is looked at as an author, blanks around it included.
const maxAuthor = 500

// What a name may have at most.
const (
	maxNameLetters = 50
	maxNameWords   = 6
)

// isName tells whether an author's name can be a company's that is no handle:
// "Bolt Net", "AT&T", "support@x.example". A name is on one line and short, and has
// nothing of what sentences have.
func isName(s string) bool {
	if !utf8.ValidString(s) || utf8.RuneCountInString(s) > maxNameLetters {
		return false
	}
	words, letters := 0, 0
	for word := range strings.FieldsSeq(s) {
		words++
		if at := strings.IndexByte(word, '@'); at == 0 || at > 0 && words > 1 {
			return false
		}
	}
	for _, c := range s {
		switch {
		case unicode.IsLetter(c):
			letters++
		case unicode.IsControl(c), c == '\u2028', c == '\u2029', strings.ContainsRune("?;\"“”…<>{}[]=#\\|", c):
			return false
		}
	}
	if words > 1 && strings.IndexByte(s, '@') >= 0 {
		return false
	}
	// "1&1" is a name, and a date or a number with a sign in it is none.
	named := letters > 0 || strings.IndexByte(s, '&') > 0
	return words > 0 && words <= maxNameWords && named && !strings.Contains(s, "://")
}

// isWeak tells names of several words without a capital letter, in a script that
// has them.
func isWeak(name string) bool {
	return strings.ContainsFunc(name, unicode.IsSpace) && !strings.ContainsFunc(name, func(c rune) bool { return unicode.IsLetter(c) && !unicode.IsLower(c) })
}

// nameKey is what all spellings of a name have in common: they differ in case, in
// blanks and in how letters with accents are composed.
func nameKey(name string) string {
	return strings.Map(func(c rune) rune {
		if unicode.IsSpace(c) || unicode.Is(unicode.Cf, c) {
			return -1
		}
		return unicode.ToLower(c)
	}, norm.NFC.String(name))
}

// company is an author under all its spellings.
type company struct {
	spellings []int32
	rows      [3]int64
	plain     bool
	// weak is true if all its spellings are.
	weak bool
}

// isCompany decides by the rows that tell who wrote them; where none does, a
// name is enough. A name that is no handle must come back then: a piece of a
// text does not.
func (c *company) isCompany() bool {
	if c.weak {
		return false
	}
	if told := c.rows[fromCompany] + c.rows[fromCustomer]; told > 0 {
		return c.rows[fromCompany] > c.rows[fromCustomer]
	}
	return c.rows[untold] > 1 || c.plain && c.rows[untold] > 0
}

// decide returns the companies' names, in the order in which they first appear,
// whether nothing but the name says that they are companies, and by the index of a spelling that of its company, -1 for a customer.
// Customer gives the number of inbound rows of an author with a number. What is
// odd is counted by note, with its first row.
func (a *authors) decide(customer func(names []string) []int64, note func(kind string, n int64, first int32)) (names []string, guessed []bool, index []int32) {
	all := a.merge(customer)
	index = make([]int32, len(a.spellings))
	for _, c := range all {
		is := c.isCompany()
		wrong := fromCompany
		if is {
			wrong = fromCustomer
		}
		for _, i := range c.spellings {
			index[i] = -1
			s := &a.spellings[i]
			switch {
			case c.weak:
				note(UnreadableAuthor, s.rows[untold], s.first[untold])
				note(UnreadableAuthor, s.rows[fromCompany], s.first[fromCompany])
			case !is && c.rows[fromCompany]+c.rows[fromCustomer] == 0:
				note(UnreadableAuthor, s.rows[untold], s.first[untold])
			default:
				note(ConflictingInbound, s.rows[wrong], s.first[wrong])
			}
		}
		if !is {
			continue
		}
		best := a.commonest(c.spellings)
		for _, i := range c.spellings {
			index[i] = int32(len(names))
			if i == best {
				continue
			}
			for _, r := range []role{fromCompany, untold} {
				note(CompanySpelling, a.spellings[i].rows[r], a.spellings[i].first[r])
			}
		}
		names = append(names, a.spellings[best].name)
		guessed = append(guessed, c.rows[fromCompany] == 0)
	}
	return names, guessed, index
}

// merge puts the spellings of one author together.
func (a *authors) merge(customer func(names []string) []int64) []*company {
	var all []*company
	byKey := make(map[string]*company, len(a.spellings))
	var numbers []string
	var numeric []*company
	for i := range a.spellings {
		s := &a.spellings[i]
		key := nameKey(s.name)
		c := byKey[key]
		if c == nil {
			c = &company{weak: true}
			byKey[key] = c
			all = append(all, c)
		}
		if s.numeric {
			numbers, numeric = append(numbers, s.name), append(numeric, c)
		}
		c.spellings = append(c.spellings, int32(i))
		c.plain = c.plain || s.plain
		c.weak = c.weak && s.weak
		for r := range s.rows {
			c.rows[r] += s.rows[r]
		}
	}
	if len(numbers) > 0 {
		for i, n := range customer(numbers) {
			numeric[i].rows[fromCustomer] += n
		}
	}
	return all
}

// commonest returns the spelling that most of a company's tweets have, the first
// of several.
func (a *authors) commonest(spellings []int32) int32 {
	best, most := spellings[0], int64(-1)
	for _, i := range spellings {
		s := &a.spellings[i]
		if n := s.rows[fromCompany] + s.rows[untold]; n > most {
			best, most = i, n
		}
	}
	return best
}

// settle makes the index of companies from one of spellings.
func settle(spellings arrow.Array, index []int32) arrow.Array {
	in := spellings.(*array.Int32)
	builder := array.NewInt32Builder(memory.DefaultAllocator)
	builder.Reserve(in.Len())
	for i, s := range in.Int32Values() {
		if in.IsNull(i) || index[s] < 0 {
			builder.AppendNull()
			continue
		}
		builder.Append(index[s])
	}
	return builder.NewArray()
}

// hashOf is the same for an author whatever a data frame or a blank did to the
// name: FNV-1a.
func hashOf(author string) uint64 {
	if !isNumber(author) {
		author = strings.TrimPrefix(strings.TrimSpace(author), "@")
		author = strings.TrimSuffix(author, ".0")
	}
	h := uint64(14695981039346656037)
	for i := range len(author) {
		c := author[i]
		if 'A' <= c && c <= 'Z' {
			c |= 0x20
		}
		h = (h ^ uint64(c)) * 1099511628211
	}
	return h
}
