package tweet

import (
	"slices"
	"strconv"
	"strings"
	"testing"
)

func TestParseID(t *testing.T) {
	for _, test := range []struct {
		in   string
		id   int64
		form form
	}{
		{"3", 3, whole},
		{"0", 0, whole},
		{"007", 7, whole},
		{"9223372036854775807", 1<<63 - 1, whole},
		{" 3 ", 3, whole},
		{"", -1, absent},
		{"  ", -1, absent},
		{"3.0", 3, fractional},
		{"3.", 3, fractional},
		{"155157.00", 155157, fractional},
		{"1,55,157", 155157, damaged},
		{"155,157", 155157, damaged},
		{"15,761,574", 15761574, damaged},
		{"1,57,61,574", 15761574, damaged},
		{"15,761,574.0", 15761574, damaged},
		{"3.5", -1, unreadable},
		{"-3", -1, unreadable},
		{"+3", -1, unreadable},
		{"1.5E+07", -1, unreadable},
		{"nan", -1, unreadable},
		{"12,13", -1, unreadable},
		{"1,2,345", -1, unreadable},
		{"1234,567", -1, unreadable},
		{"1,234,", -1, unreadable},
		{",234", -1, unreadable},
		{".0", -1, unreadable},
		{"٣", -1, unreadable},
		{"9223372036854775808", -1, unreadable},
		{"99999999999999999999", -1, unreadable},
	} {
		id, form := parseID(test.in)
		if id != test.id || form != test.form {
			t.Errorf("parseID(%q) = %d, %d, want %d, %d", test.in, id, form, test.id, test.form)
		}
	}
}

func TestAppendIDs(t *testing.T) {
	for _, test := range []struct {
		in   string
		ids  []int64
		form form
	}{
		{"", nil, absent},
		{"5", []int64{5}, whole},
		{"11,13,14", []int64{11, 13, 14}, whole},
		{"11, 13", []int64{11, 13}, whole},
		{"11,,13,", []int64{11, 13}, whole},
		{"11.0,13", []int64{11, 13}, fractional},
		{"100,101,102", []int64{100, 101, 102}, damaged},
		{"11,x,13.0", []int64{11, 13}, unreadable},
	} {
		ids, form := appendIDs(nil, test.in)
		if !slices.Equal(ids, test.ids) || form != test.form {
			t.Errorf("appendIDs(%q) = %d, %d, want %d, %d", test.in, ids, form, test.ids, test.form)
		}
	}
}

// Whatever is read as an id is the number that its digits are.
func FuzzParseID(f *testing.F) {
	for _, seed := range []string{"3", "3.0", "1,55,157", "15,761,574.00", "-1", "9223372036854775808", "1e5", " 7"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		id, form := parseID(s)
		if form == absent || form == unreadable {
			if id != -1 {
				t.Fatalf("parseID(%q) = %d although it is not readable", s, id)
			}
			if n, err := strconv.ParseUint(s, 10, 63); err == nil && len(s) <= 19 {
				t.Fatalf("%q is the number %d, and was not read", s, n)
			}
			return
		}
		integer, _, _ := strings.Cut(strings.TrimSpace(s), ".")
		want, err := strconv.ParseUint(strings.ReplaceAll(integer, ",", ""), 10, 63)
		if err != nil || int64(want) != id {
			t.Fatalf("parseID(%q) = %d", s, id)
		}
	})
}

func TestAuthors(t *testing.T) {
	for author, want := range map[string]struct{ customer, handle bool }{
		"115712":                {customer: true, handle: true},
		"115712.0":              {customer: true, handle: true},
		"AmazonHelp":            {handle: true},
		"O2":                    {handle: true},
		"British_Airways":       {handle: true},
		"acme.co-op":            {handle: true},
		"":                      {},
		"two words":             {},
		"née":                   {},
		"a@b":                   {},
		strings.Repeat("x", 51): {},
	} {
		if got := isCustomer(author); got != want.customer {
			t.Errorf("isCustomer(%q) = %v", author, got)
		}
		if got := isHandle(author); got != want.handle {
			t.Errorf("isHandle(%q) = %v", author, got)
		}
	}
}

func TestBareness(t *testing.T) {
	for text, want := range map[string]bare{
		"":                              blank,
		" \n\t":                         blank,
		"@acme":                         linksOnly,
		"@acme https://t.co/x\n@12345":  linksOnly,
		"http://t.co/x":                 linksOnly,
		"@acme help":                    something,
		"🤥":                             something,
		"https is a protocol":           something,
		"@acme https://t.co/x thanks -": something,
	} {
		if got := bareness(text); got != want {
			t.Errorf("bareness(%q) = %d, want %d", text, got, want)
		}
	}
}

func TestHasEntity(t *testing.T) {
	for text, want := range map[string]bool{
		"a &amp; b":         true,
		"a & b; &lt;":       true,
		"&#39;":             true,
		"AT&T":              false,
		"a & b;":            false,
		"&;":                false,
		"&abcdefghijklmno;": false,
		"this & that &":     false,
	} {
		if got := hasEntity(text); got != want {
			t.Errorf("hasEntity(%q) = %v", text, got)
		}
	}
}

func TestParseTime(t *testing.T) {
	for _, s := range []string{
		"Tue Oct 31 22:10:47 +0000 2017",
		"2017-10-31T22:10:47Z",
		"2017-10-31 22:10:47+00:00",
		"2017-10-31 22:10:47",
		"Wed Nov 01 00:10:47 +0200 2017",
	} {
		got, ok := parseTime(s)
		if !ok || got.Unix() != 1509487847 {
			t.Errorf("parseTime(%q) = %v, %v", s, got, ok)
		}
	}
	if got, ok := parseTime("yesterday"); ok {
		t.Errorf("yesterday was read as %v", got)
	}
}
