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
		{"\u00a03", 3, whole},
		{"", -1, absent},
		{"  ", -1, absent},

		{"3.0", 3, fractional},
		{"3.", 3, fractional},
		{"3,0", 3, fractional},
		{"155157.00", 155157, fractional},
		{"155157.000", 155157, fractional},

		// Thousands, by whatever separates them.
		{"1,55,157", 155157, damaged},
		{"155,157", 155157, damaged},
		{"15,761,574", 15761574, damaged},
		{"1,57,61,574", 15761574, damaged},
		{"15,761,574.0", 15761574, damaged},
		{"15.761.574", 15761574, damaged},
		{"155.157", 155157, damaged},
		{"15.761.574,00", 15761574, damaged},
		{"15'761'574", 15761574, damaged},
		{"15 761 574", 15761574, damaged},
		{"15_761_574", 15761574, damaged},
		{"15’761’574", 15761574, unusual},
		{"15\u00a0761\u00a0574", 15761574, unusual},
		{"15\u202f761\u202f574", 15761574, unusual},
		{"15\u2009761\u2009574", 15761574, unusual},
		{"15٬761٬574", 15761574, unusual},

		// What spreadsheets and exporters put around an id.
		{`="3"`, 3, unusual},
		{`="155,157"`, 155157, unusual},
		{"='3'", 3, unusual},
		{"=3", 3, unusual},
		{"'3", 3, unusual},
		{"'3'", 3, unusual},
		{"‘3’", 3, unusual},
		{"`3", 3, unusual},
		{"'15'761'574", 15761574, unusual},
		{`"3"`, 3, unusual},
		{`""3""`, 3, unusual},
		{"“3”", 3, unusual},
		{"[3]", 3, unusual},
		{"+3", 3, unusual},
		{"3L", 3, unusual},
		{"\ufeff3", 3, unusual},
		{"3\u200b", 3, unusual},
		{"１２３", 123, unusual},
		{"٣", 3, unusual},
		{`=""`, -1, absent},
		{"'", -1, absent},

		// Exponents that keep all digits.
		{"1.00001E+05", 100001, unusual},
		{"1.00001e5", 100001, unusual},
		{"1,00001E+05", 100001, unusual},
		{"1.000010E+05", 100001, unusual},
		{"12.3E1", 123, unusual},
		{"1000E-1", 100, unusual},
		{"7E+00", 7, unusual},
		{`="1.00001E+05"`, 100001, unusual},
		{"9.007199254740992E+15", 1 << 53, unusual},

		{"1.5E+07", -1, rounded},
		{"1E+05", -1, rounded},
		{"1.29403E+17", -1, rounded},
		{"1.294030472427835E+18", -1, rounded},
		{"1,29403E+17", -1, rounded},
		{"'1.29403E+17", -1, rounded},
		// All digits of a number that a data frame has rounded before.
		{"1.294030472427835136E+18", -1, rounded},
		{"1294030472427835136.0", -1, rounded},

		{"nan", -1, nothing},
		{"NULL", -1, nothing},
		{"None", -1, nothing},
		{`\N`, -1, nothing},
		{"-1", -1, nothing},
		{`="nan"`, -1, nothing},

		{"3.5", -1, unreadable},
		{"-3", -1, unreadable},
		{"(3)", -1, unreadable},
		{"12,13", -1, unreadable},
		{"1,2,345", -1, unreadable},
		{"1234,567", -1, unreadable},
		{"1,234,", -1, unreadable},
		{"1,234.567", -1, unreadable},
		{",234", -1, unreadable},
		{".0", -1, unreadable},
		{"ID_3", -1, unreadable},
		{"12ab", -1, unreadable},
		{"0x1F", -1, unreadable},
		{"1E", -1, unreadable},
		{"1.5E-3", -1, unreadable},
		{"1E99999999999999999999", -1, unreadable},
		{"550e8400-e29b-41d4-a716-446655440000", -1, unreadable},
		{"9223372036854775808", -1, unreadable},
		{"99999999999999999999", -1, unreadable},
	} {
		var r idReader
		id, form := r.parse(test.in)
		if id != test.id || form != test.form {
			t.Errorf("parse(%q) = %d, %d, want %d, %d", test.in, id, form, test.id, test.form)
		}
	}
}

// What stands before an id is left out if it is the same before most of them.
func TestPrefixes(t *testing.T) {
	for _, test := range []struct {
		cells []string
		in    string
		id    int64
	}{
		{[]string{"ID_1", "ID_2"}, "id_7", 7},
		{[]string{"id:1", "id:2"}, "id:7.0", 7},
		{[]string{"tweet-1", "tweet-2", ""}, "tweet-7", 7},
		{[]string{"#1", "#2"}, "#7", 7},
		{[]string{"T 1", "T 2"}, `="T 7"`, 7},
		{[]string{"t1_10", "t1_12"}, "t1_7", 7},
		{[]string{"https://x.example/a/status/1", "https://x.example/b/status/2"}, "https://x.example/c/status/7", 7},
		{[]string{"№ 1", "№ 2"}, "№ 7", 7},
		{[]string{"ID_1", "ID_2"}, "ref_7", -1},
		{[]string{"ID_1", "ID_2"}, "ID_7a", -1},
		{[]string{"1", "2", "x3"}, "x7", -1},
		{[]string{"a1", "b2", "c3"}, "a7", -1},
		{[]string{"2017-1", "2017-2"}, "2017-7", -1},
		{[]string{"-1", "-2"}, "-7", -1},
		{[]string{"nan", "", "n/a"}, "n7", -1},
		{[]string{"550e8400-e29b-41d4-a716-446655440000", "f50e8400-e29b-41d4-a716-446655440001"}, "550e8400-e29b-41d4-a716-446655440000", -1},
	} {
		var r idReader
		r.learn(test.cells, 1)
		if id, form := r.parse(test.in); id != test.id || form.readable() != (id >= 0) {
			t.Errorf("after %q: parse(%q) = %d, %d, want %d", test.cells, test.in, id, form, test.id)
		}
	}
}

func TestAppendList(t *testing.T) {
	for _, test := range []struct {
		in   string
		ids  []int64
		form form
	}{
		{"", nil, absent},
		{",", nil, absent},
		{"5", []int64{5}, whole},
		{"11,13,14", []int64{11, 13, 14}, whole},
		{"11, 13", []int64{11, 13}, whole},
		{"11,,13,", []int64{11, 13}, whole},
		{"1234,5678", []int64{1234, 5678}, whole},
		{"11.0,13", []int64{11, 13}, fractional},
		{"100,101,102", []int64{100, 101, 102}, damaged},
		{"100 101 102", []int64{100, 101, 102}, damaged},
		{"1 000 001", []int64{1000001}, unusual},
		{"1\u00a0000\u00a0001", []int64{1000001}, unusual},
		{"1\u202f000\u202f001", []int64{1000001}, unusual},
		{"1,000,001", []int64{1000001}, unusual},
		{"1 000 001;1 000 002", []int64{1000001, 1000002}, unusual},
		{"001 002", []int64{1, 2}, damaged},
		{"11;13", []int64{11, 13}, unusual},
		{"11|13", []int64{11, 13}, unusual},
		{"11 13", []int64{11, 13}, unusual},
		{"11\n13", []int64{11, 13}, unusual},
		{"1,234;5,678", []int64{1234, 5678}, unusual},
		{"1'234,5'678", []int64{1234, 5678}, unusual},
		{"[11, 13]", []int64{11, 13}, unusual},
		{"[11 13]", []int64{11, 13}, unusual},
		{`["11", "13"]`, []int64{11, 13}, unusual},
		{"['11', '13']", []int64{11, 13}, unusual},
		{"{11,13}", []int64{11, 13}, unusual},
		{"(11, 13)", []int64{11, 13}, unusual},
		{"(11,)", []int64{11}, unusual},
		{`"11,13"`, []int64{11, 13}, unusual},
		{`="11,13"`, []int64{11, 13}, unusual},
		{"'11,13", []int64{11, 13}, unusual},
		{"'11','13'", []int64{11, 13}, unusual},
		{`"11","13"`, []int64{11, 13}, unusual},
		{"1.00002E+05", []int64{100002}, unusual},
		{"1,00002E+05", []int64{100002}, unusual},
		{"[]", nil, nothing},
		{"nan", nil, nothing},
		{"1.2E+17,5", []int64{5}, rounded},
		{"11,x,13.0", []int64{11, 13}, unreadable},
		{"a b", nil, unreadable},
	} {
		var r idReader
		ids, form := r.appendList(nil, test.in)
		if !slices.Equal(ids, test.ids) || form != test.form {
			t.Errorf("appendList(%q) = %d, %d, want %d, %d", test.in, ids, form, test.ids, test.form)
		}
	}
	// A row that has a blank between the thousands of its id has it in all.
	for groups, want := range map[byte][]int64{' ': {100101}, ',': {100, 101}} {
		r := idReader{groups: groups}
		if ids, _ := r.appendList(nil, "100 101"); !slices.Equal(ids, want) {
			t.Errorf("beside an id with %q between its thousands, 100 101 is %d, want %d", groups, ids, want)
		}
	}
	r := idReader{prefix: "id_"}
	if ids, form := r.appendList(nil, "ID_2,ID_4"); !slices.Equal(ids, []int64{2, 4}) || form != unusual {
		t.Errorf("with a prefix: %d, %d", ids, form)
	}
}

// Whatever is read as an id has the digits of the text, in their order, and none
// but zeros besides.
func FuzzParseID(f *testing.F) {
	for _, seed := range []string{"3", "3.0", "1,55,157", "15,761,574.00", "-1", "9223372036854775808", "1e5", " 7",
		`="3"`, "'3", "1.00001E+05", "1,5E+1", "1.000", "12 345", "ID_3", "[3]", "１２３", "3L", "1'234'567,00"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		r := idReader{prefix: "id_"}
		id, form := r.parse(s)
		if !form.readable() {
			if id != -1 {
				t.Fatalf("parse(%q) = %d although it is not readable", s, id)
			}
			if n, err := strconv.ParseUint(s, 10, 63); err == nil && len(s) <= 19 {
				t.Fatalf("%q is the number %d, and was not read", s, n)
			}
			return
		}
		if id < 0 {
			t.Fatalf("parse(%q) = %d, %d", s, id, form)
		}
		mantissa, _, _ := strings.Cut(strings.ToLower(asciiSpelling(strings.TrimSpace(s))), "e")
		if strings.HasPrefix(mantissa, "id_") {
			mantissa = mantissa[len("id_"):]
		}
		all := strings.Map(func(c rune) rune {
			if c < '0' || c > '9' {
				return -1
			}
			return c
		}, mantissa)
		want := strings.TrimLeft(strconv.FormatInt(id, 10), "0")
		if rest, ok := strings.CutPrefix(strings.TrimLeft(all, "0"), want); !ok || strings.Trim(rest, "0") != "" {
			t.Fatalf("parse(%q) = %d, its digits are %s", s, id, all)
		}
	})
}

// A list gives ids that are not negative, whatever it is, and those of a plain
// one as they are.
func FuzzAppendList(f *testing.F) {
	for _, seed := range []string{"", "5", "11,13", "100,101", "[1, 2]", `["1","2"]`, "1;2", "1 2", "nan", "1,2.0", "ID_1,ID_2", `="1,2"`, "1.000,5"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, list string) {
		r := idReader{prefix: "id_"}
		before := []int64{-7}
		ids, form := r.appendList(before, list)
		if ids[0] != -7 {
			t.Fatalf("what was there is gone: %d", ids)
		}
		for _, id := range ids[1:] {
			if id < 0 {
				t.Fatalf("appendList(%q) gives %d", list, ids[1:])
			}
		}
		for _, other := range r.others {
			if other.at < 1 || other.at >= len(ids) || other.id < 0 {
				t.Fatalf("appendList(%q) has another meaning at %d of %d", list, other.at, len(ids))
			}
		}
		if (form == absent || form == nothing) && len(ids) > 1 {
			t.Fatalf("appendList(%q) = %d, %d", list, ids[1:], form)
		}
		var want []int64
		for part := range strings.SplitSeq(list, ",") {
			n, err := strconv.ParseInt(part, 10, 64)
			if err != nil || !isNumber(part) || len(part) > 19 || len(part) > 1 && part[0] == '0' {
				return
			}
			want = append(want, n)
		}
		if !slices.Equal(ids[1:], want) {
			t.Fatalf("appendList(%q) = %d", list, ids[1:])
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
