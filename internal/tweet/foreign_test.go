package tweet_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"unicode/utf16"

	"switchboard/internal/problem"
	"switchboard/internal/tweet"
)

// support makes a table of n conversations, a customer's question and a company's
// answer each, with the ids as spelled and the authors as given.
func support(n int, spell func(id int) string, authors func(i int) (customer, company string)) string {
	var b strings.Builder
	b.WriteString(header)
	for i := range n {
		customer, company := authors(i)
		q, a := quoted(spell(2*i+1)), quoted(spell(2*i+2))
		fmt.Fprintf(&b, "%s,%s,True,,question %d,%s,\n", q, quoted(customer), i, a)
		fmt.Fprintf(&b, "%s,%s,False,,answer %d,,%s\n", a, quoted(company), i, q)
	}
	return b.String()
}

func quoted(s string) string { return `"` + strings.ReplaceAll(s, `"`, `""`) + `"` }

func acme(i int) (customer, company string) { return fmt.Sprint(1000 + i), "Acme" }

// However a spreadsheet or an exporter has spelled the ids, if no digit is lost
// the table is the same.
func TestSpellingsOfIDs(t *testing.T) {
	dots := func(id int) string { s := fmt.Sprint(id); return s[:len(s)-3] + "." + s[len(s)-3:] }
	for name, spell := range map[string]func(id int) string{
		"formula":          func(id int) string { return fmt.Sprintf(`="%d"`, id) },
		"apostrophe":       func(id int) string { return fmt.Sprintf("'%d", id) },
		"prefix":           func(id int) string { return fmt.Sprintf("Tweet-%d", id) },
		"address":          func(id int) string { return fmt.Sprintf("https://x.example/user%d/status/%d", id%7, id) },
		"formula, prefix":  func(id int) string { return fmt.Sprintf(`="ID_%d"`, id) },
		"exponent":         func(id int) string { return fmt.Sprintf("%.5E", float64(100_000+id)) },
		"German exponent":  func(id int) string { return strings.Replace(fmt.Sprintf("%.5E", float64(100_000+id)), ".", ",", 1) },
		"narrow blank":     func(id int) string { return strings.ReplaceAll(dots(100_000+id), ".", "\u202f") },
		"full width":       func(id int) string { return strings.Map(func(c rune) rune { return c - '0' + '０' }, fmt.Sprint(id)) },
		"fraction":         func(id int) string { return fmt.Sprintf("%d.00", id) },
		"list of one":      func(id int) string { return fmt.Sprintf("[%d]", id) },
		"commas":           func(id int) string { return fmt.Sprintf("1,234,%03d", id) },
		"Indian commas":    func(id int) string { return fmt.Sprintf("12,34,%03d", id) },
		"byte order marks": func(id int) string { return fmt.Sprintf("\ufeff%d", id) },
	} {
		t.Run(name, func(t *testing.T) {
			table := load(t, support(20, spell, acme), tweet.Training)
			if err := table.Usable("t.csv", tweet.DefaultMaxUnusable); err != nil {
				t.Fatal(err)
			}
			ids, parents := table.IDs(), table.Parents()
			_, responses := table.Responses()
			first := ids[0]
			for i := range 20 {
				q, a := first+int64(2*i), first+int64(2*i+1)
				if ids[2*i] != q || ids[2*i+1] != a || parents[2*i] != -1 || parents[2*i+1] != q || responses[i] != a {
					t.Fatalf("row %d: ids %d, parents %d, responses %d", 2*i, ids[2*i:2*i+2], parents[2*i:2*i+2], responses)
				}
			}
		})
	}
}

// A point and three zeros are a fraction or a thousand, as the rest of the table
// has it; so are a comma and three zeros.
func TestThousandsAreToldByTheRest(t *testing.T) {
	for _, test := range []struct {
		ids  []string
		want []int64
		kind string
	}{
		{[]string{"1", "1.000", "1.001"}, []int64{1, 1000, 1001}, tweet.DamagedID},
		{[]string{"1.000", "2.000", "5"}, []int64{1, 2, 5}, tweet.FractionalID},
		{[]string{"1.000", "2.000", "155157.000"}, []int64{1, 2, 155157}, tweet.FractionalID},
		{[]string{"1", "1,000", "1,001"}, []int64{1, 1000, 1001}, tweet.DamagedID},
		{[]string{"1,000", "2,000", "155157,000"}, []int64{1, 2, 155157}, tweet.FractionalID},
		{[]string{"1,000", "5"}, []int64{1000, 5}, tweet.DamagedID},
	} {
		var in strings.Builder
		in.WriteString(header)
		for _, id := range test.ids {
			fmt.Fprintf(&in, "%q,Acme,False,,hello,,%q\n", id, id)
		}
		table := load(t, in.String(), tweet.Training)
		if !slices.Equal(table.IDs(), test.want) || !slices.Equal(table.Parents(), test.want) {
			t.Errorf("%q: ids %d, parents %d, want %d", test.ids, table.IDs(), table.Parents(), test.want)
		}
		if table.Report.Count(test.kind) == 0 {
			t.Errorf("%q: reported %v", test.ids, table.Report.Findings)
		}
	}
}

// What a list may mean besides does not reach the next rows.
func TestListsOfOtherRowsAreLeftAlone(t *testing.T) {
	in := header + "1.001,Acme,False,,hello,1.000;2.000,\n5,Acme,False,,hello,,\n6,Acme,False,,hello,8,\n7,Acme,False,,hello,\"9,10\",\n"
	_, responses := load(t, in, tweet.Training).Responses()
	if want := []int64{1000, 2000, 8, 9, 10}; !slices.Equal(responses, want) {
		t.Errorf("responses %d, want %d", responses, want)
	}
}

// A column of which more than a fifth cannot be used ends the run, with counts, the
// first lines and what to do, and without a cell.
func TestUnusableColumns(t *testing.T) {
	plain := func(id int) string { return fmt.Sprint(id) }
	some := func(bad int, spell string) func(int) string {
		return func(id int) string {
			if id <= bad {
				return spell
			}
			return plain(id)
		}
	}
	long := strings.Repeat("far too long ", 9)
	for name, test := range map[string]struct {
		in    string
		kind  tweet.Kind
		limit float64
		says  []string
	}{
		"no id is a number":      {in: support(24, func(id int) string { return "x" + strings.Repeat("y", id%5) }, acme), says: []string{"of 48 values in tweet_id, 48 cannot be used", "lines 2, 3 and 4", "--max-unusable"}},
		"UUIDs":                  {in: support(24, func(id int) string { return fmt.Sprintf("%08x-e29b-41d4-a716-446655440000", id*7919) }, acme), says: []string{"48 cannot be used", "such as on lines 2, 3 and 4: ids are whole numbers such as 119237; replace ids of another kind, such as UUIDs, by numbers"}},
		"many prefixes":          {in: support(24, func(id int) string { return fmt.Sprintf("%c%d", 'a'+id%20, id) }, acme), says: []string{"48 cannot be used"}},
		"rounded":                {in: support(24, func(id int) string { return fmt.Sprintf("1.29E+%d", 17+id%2) }, acme), says: []string{"48 cannot be used (48 are rounded", "a spreadsheet that shows them with an exponent"}},
		"through floating point": {in: support(24, func(id int) string { return fmt.Sprintf("%d.0", 1294030472427835136+256*id) }, acme), says: []string{"48 are rounded"}},
		"empty ids":              {in: support(24, func(int) string { return "" }, acme), says: []string{"48 cannot be used", "give every tweet an id"}},
		"a fifth":                {in: support(10, some(4, "?"), acme)},
		"more than a fifth":      {in: support(10, some(5, "?"), acme), says: []string{"of 20 values in tweet_id, 5 cannot be used", "lines 2, 3 and 4"}},
		"less than allowed":      {in: support(10, some(5, "?"), acme), limit: 0.25},
		"more than allowed":      {in: support(100, some(3, "?"), acme), limit: 0.01, says: []string{"3 cannot be used", "more than 1%"}},
		"everything is allowed":  {in: support(24, func(int) string { return "?" }, acme), limit: 1},
		"one of three rows":      {in: header + "1,5,True,,a,,\nx,Acme,False,,b,,\n3,Acme,False,,c,,\n"},
		"two of three rows":      {in: header + "1,5,True,,a,,\nx,Acme,False,,b,,\ny,Acme,False,,c,,\n", says: []string{"of 3 values in tweet_id, 2 cannot be used", "lines 3 and 4"}},
		"the only row":           {in: "tweet_id,text,response_tweet_id\nx,hello,\n", kind: tweet.Production, says: []string{"of 1 values in tweet_id, 1 cannot be used", "line 2"}},
		"parents":                {in: header + "1,Acme,False,,a,,p1/2\n2,Acme,False,,b,,q7?\n3,Acme,False,,c,,\n", says: []string{"of 2 values in in_response_to_tweet_id and response_tweet_id, 2 cannot be used", "lines 2 and 3"}},
		"rounded parents":        {in: header + "1,Acme,False,,a,,1.2E+17\n2,Acme,False,,b,,1.2E+17\n3,Acme,False,,c,,\n", says: []string{"2 are rounded"}},
		"lists":                  {in: "tweet_id,text,response_tweet_id\n1,a,two\n2,b,\"x,y\"\n3,c,4\n", kind: tweet.Production, says: []string{"of 3 values in", "2 cannot be used"}},
		"parents beside lists":   {in: "tweet_id,text,response_tweet_id,in_response_to_tweet_id\n1,a,5,x\n2,b,6,y\n3,c,7,1\n4,d,8,1\n5,e,9,1\n6,f,,1\n7,g,,1\n", kind: tweet.Production},
		"nothing in words":       {in: "tweet_id,text,response_tweet_id,in_response_to_tweet_id\n1,a,[],nan\n2,b,NULL,-1\n3,c,,None\n4,d,,3\n", kind: tweet.Production},
		"outside the file":       {in: "tweet_id,text,in_response_to_tweet_id\n1,a,77\n2,b,78\n3,c,79\n", kind: tweet.Production},
		"authors of companies":   {in: support(24, plain, func(i int) (string, string) { return "5", []string{"Acme", long, ""}[min(i, 2)] }), says: []string{"of 24 values in author_id, 23 cannot be used", "lines 5, 7 and 9"}},
		"authors of customers":   {in: support(24, plain, func(i int) (string, string) { return "", "Acme" })},
		"authors of production":  {in: support(24, plain, func(i int) (string, string) { return "", long }), kind: tweet.Production},
	} {
		t.Run(name, func(t *testing.T) {
			if test.kind == "" {
				test.kind = tweet.Training
			}
			if test.limit == 0 {
				test.limit = tweet.DefaultMaxUnusable
			}
			err := load(t, test.in, test.kind).Usable("t.csv", test.limit)
			if test.says == nil {
				if err != nil {
					t.Errorf("got %v", err)
				}
				return
			}
			if kind, _ := problem.KindOf(err); kind != problem.BadInput {
				t.Fatalf("got %v, want a %s", err, problem.BadInput)
			}
			for _, says := range append(test.says, "t.csv") {
				if !strings.Contains(err.Error(), says) {
					t.Errorf("%q does not say %q", err, says)
				}
			}
		})
	}
}

// Inbound tells who is a company; where it does not, a number tells a customer.
func TestWhoIsACompany(t *testing.T) {
	const told, untold = header, "tweet_id,author_id,text,in_response_to_tweet_id\n"
	for _, test := range []struct {
		name, in  string
		companies []string
		// report are the kinds that are counted, and how often.
		report map[string]int64
	}{
		{"customers with handles", told + "1,cust_0,True,,a,,\n2,Acme,False,,b,,1\n3,jane.doe,TRUE,,c,,\n", []string{"Acme"}, nil},
		{"a company with a number", told + "1,5,True,,a,,\n2,115850,False,,b,,1\n", []string{"115850"}, nil},
		{"a customer's number, once wrong", told + "1,5,True,,a,,\n2,5,False,,b,,\n3,5.0,True,,c,,\n4,Acme,False,,d,,\n", []string{"Acme"}, map[string]int64{tweet.ConflictingInbound: 1}},
		{"a customer's handle, once wrong", told + "1,cust_0,True,,a,,\n2,Cust_0,False,,b,,\n3,Acme,False,,d,,\n", []string{"Acme"}, map[string]int64{tweet.ConflictingInbound: 1}},
		{"a company's row, once wrong", told + "1,Acme,False,,a,,\n2,Acme,True,,b,,\n3,Acme,False,,d,,\n", []string{"Acme"}, map[string]int64{tweet.ConflictingInbound: 1}},
		{"an invalid inbound", told + "1,Acme,?,,a,,\n2,5,?,,b,,\n3,Bolt Net,?,,c,,\n4,Coyote,False,,d,,\n", []string{"Acme", "Coyote"}, map[string]int64{tweet.InvalidInbound: 3, tweet.UnreadableAuthor: 1}},
		{"a known name beside an invalid inbound", told + "3,Bolt Net,False,,c,,\n4,Bolt Net,?,,d,,\n", []string{"Bolt Net"}, map[string]int64{tweet.InvalidInbound: 1}},
		{"no inbound", untold + "1,5,a,\n2,Acme,b,1\n3,\"1,155\",c,\n4,'77,d,\n5,1.2E+06,e,\n", []string{"Acme"}, nil},
		{"names that are no handles", told + "1,Bolt Net,False,,a,,\n2,AT&T,False,,b,,\n3,support@x.example,False,,c,,\n4,Crédit Azur,False,,d,,\n5,三和銀行,False,,e,,\n6,Dr. Oat Co.,False,,f,,\n", []string{"Bolt Net", "AT&T", "support@x.example", "Crédit Azur", "三和銀行", "Dr. Oat Co."}, nil},
		{"such names without inbound", untold + "1,Bolt Net,a,\n2,Bolt Net,b,\n3,5,c,\n", []string{"Bolt Net"}, nil},
		{"a text in the author's place", untold + "1,Acme,a,\n2,Sorry about that,b,\n3,thanks a lot,c,\n4,thanks a lot,c,\n5,\"@5 Yes\",d,\n", []string{"Acme"}, map[string]int64{tweet.UnreadableAuthor: 4}},
		{"a text that is no name", told + "1,Acme,False,,a,,\n2,Did you try it?,False,,b,,\n3,\"Two\nlines\",False,,c,,\n4,Please see https://t.co/x,False,,d,,\n5,unknown,False,,e,,\n", []string{"Acme"}, map[string]int64{tweet.UnreadableAuthor: 4}},
		{"a slipped row", untold + "1,Acme,a,\n2,Bolt Net\n3,Bolt Net\n", []string{"Acme"}, map[string]int64{tweet.UnevenRow: 2, tweet.UnreadableAuthor: 2}},
		{"spellings", told + "1,acmeair,False,,a,,\n2,AcmeAir,False,,b,,\n3,Acme Air,False,,c,,\n4,AcmeAir,False,,d,,\n5, AcmeAir ,False,,e,,\n6,@AcmeAir,False,,f,,\n", []string{"AcmeAir"}, map[string]int64{tweet.CompanySpelling: 4}},
		{"an accent of its own", told + "1,Caf\u00e9Help,False,,a,,\n2,Cafe\u0301Help,False,,b,,\n3,Caf\u00e9Help,False,,c,,\n", []string{"Caf\u00e9Help"}, map[string]int64{tweet.CompanySpelling: 1}},
		{"a tie of spellings", told + "1,bolt,False,,a,,\n2,Bolt,False,,b,,\n", []string{"bolt"}, map[string]int64{tweet.CompanySpelling: 1}},
	} {
		t.Run(test.name, func(t *testing.T) {
			table := load(t, test.in, tweet.Training)
			if !slices.Equal(table.Companies(), test.companies) {
				t.Errorf("companies %q, want %q", table.Companies(), test.companies)
			}
			for _, kind := range []string{tweet.ConflictingInbound, tweet.CompanySpelling, tweet.UnreadableAuthor, tweet.InvalidInbound, tweet.UnevenRow} {
				if got := table.Report.Count(kind); got != test.report[kind] {
					t.Errorf("%s: %d, want %d", kind, got, test.report[kind])
				}
			}
			for row := range int32(table.Rows()) {
				if c := table.Company(row); c < -1 || int(c) >= len(test.companies) {
					t.Errorf("row %d is by company %d", row, c)
				}
			}
		})
	}
}

func TestTablesWithoutACompany(t *testing.T) {
	for in, says := range map[string]string{
		header + "1,Acme,True,,a,,\n2,Bolt,True,,b,,\n":             "inbound is False",
		header + "1,5,True,,a,,\n2,,False,,b,,\n3,,False,,c,,":      "of 2 values in author_id, 2 cannot be used, such as on lines 3 and 4",
		"tweet_id,author_id,text,in_response_to_tweet_id\n1,5,a,\n": "no row has a handle",
	} {
		_, err := tweet.Load(t.Context(), strings.NewReader(in), "t.csv", tweet.Training, nil)
		if kind, _ := problem.KindOf(err); kind != problem.BadInput || !strings.Contains(err.Error(), says) {
			t.Errorf("got %v, want it to say %q", err, says)
		}
	}
}

// Old Macs ended lines with CR, which is nothing to refuse.
func TestLinesThatEndInCR(t *testing.T) {
	in := header + "1,5,True,,\"two\nlines, \"\"one\"\" tweet\",2,\n2,Acme,False,,yes,,1\n"
	mac := strings.ReplaceAll(in, "\n", "\r")
	for name, file := range map[string]string{"t.csv": mac, "t.csv.gz": gzipped(mac), "t.csv.zst": zstandard(mac), "mark.csv": "\ufeff" + mac} {
		table, err := tweet.Load(t.Context(), strings.NewReader(file), name, tweet.Training, nil)
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(table.IDs(), []int64{1, 2}) || table.Text(0) != "two\rlines, \"one\" tweet" || table.Report.Count(tweet.CR) != 1 {
			t.Errorf("%s: ids %d, text %q, reported %v", name, table.IDs(), table.Text(0), table.Report.Findings)
		}
	}
	// A CR within a text is none.
	table := load(t, header+"1,Acme,False,,\"two\rlines\",2,\n", tweet.Training)
	if table.Report.Count(tweet.CR) != 0 || table.Text(0) != "two\rlines" {
		t.Errorf("text %q, reported %v", table.Text(0), table.Report.Findings)
	}
}

// Whatever is wrong with the first lines, the message has nothing of them but
// names of columns that every table has.
func TestRefusalsQuoteNothing(t *testing.T) {
	const secret = "Jane Doe,jane@x.example,Zorvex"
	utf16File := func(s string) string {
		var b strings.Builder
		for _, c := range utf16.Encode([]rune(s)) {
			b.WriteByte(byte(c))
			b.WriteByte(byte(c >> 8))
		}
		return b.String()
	}
	for name, test := range map[string]struct{ in, says string }{
		"a missing column":         {"tweet_id,text," + secret + "\n1,a,b,c,d\n", "of its 5 columns these are known: tweet_id, text"},
		"no header":                {secret + "\n1,2,3\n", "names none of the columns"},
		"CR below the header":      {header + strings.ReplaceAll("1,5,True,,Zorvex,,\n2,5,True,,Jane,,\n3,5,True,,Doe,,", "\n", "\r"), "line 2: from here on lines end with CR alone"},
		"semicolons":               {strings.ReplaceAll(header, ",", ";") + strings.ReplaceAll(secret, ",", ";") + "\n", "separated by semicolons"},
		"semicolons and a comma":   {"tweet_id;text;Zorvex, Jane\n1;a;b\n", "separated by semicolons"},
		"quoted tabs":              {"\"tweet_id\ttext\tJane\"\n1\ta\tb\n", "separated by tabs"},
		"UTF-16 without a mark":    {utf16File(header + "1,5,True,,Zorvex,,\n"), "UTF-16"},
		"UTF-16":                   {"\xff\xfe" + utf16File(header+"1,5,True,,Zorvex,,\n"), "UTF-16"},
		"a NUL byte":               {header + "1,5,True,,Zor\x00vex,,\n", "line 2, column 14: a NUL byte"},
		"a NUL byte in the header": {"tweet_id,te\x00xt\n", "line 1, column 12: a NUL byte"},
		"a NUL byte, second line":  {header + "1,5,True,,\"Jane\nDoe\x00\",,\n", "line 3, column 4: a NUL byte"},
	} {
		for file, in := range map[string]string{"t.csv": test.in, "t.csv.gz": gzipped(test.in), "t.csv.zst": zstandard(test.in)} {
			for _, check := range []error{
				tweet.Check(strings.NewReader(in), file, tweet.Training),
				func() error {
					_, err := tweet.Load(t.Context(), strings.NewReader(in), file, tweet.Training, nil)
					return err
				}(),
			} {
				if kind, _ := problem.KindOf(check); kind != problem.BadInput || !strings.Contains(check.Error(), test.says) {
					t.Errorf("%s, %s: got %v, want it to say %q", name, file, check, test.says)
					continue
				}
				for _, word := range []string{"Jane", "jane", "Doe", "Zor", "vex"} {
					if strings.Contains(check.Error(), word) {
						t.Errorf("%s: %q quotes the table", name, check)
					}
				}
			}
		}
	}
}

// A NUL byte is refused with its line wherever it is.
func TestNULBytesEarlyAndLate(t *testing.T) {
	rows := strings.Split(strings.TrimSuffix(randomRows(20_000), "\n"), "\n")
	for _, at := range []int{0, 7, 5000, len(rows) - 1} {
		damaged := slices.Clone(rows)
		damaged[at] = strings.Replace(damaged[at], " ", "\x00", 1)
		_, err := tweet.Load(t.Context(), strings.NewReader(header+strings.Join(damaged, "\n")), "t.csv", tweet.Training, nil)
		if kind, _ := problem.KindOf(err); kind != problem.BadInput || !strings.Contains(err.Error(), fmt.Sprintf("line %d,", at+2)) {
			t.Errorf("a NUL on line %d: got %v", at+2, err)
		}
	}
}

func TestTwoByteOrderMarks(t *testing.T) {
	for _, in := range []string{"\ufeff\ufeff" + header, "\ufeff\ufeff\ufeff" + header, "\ufeff\"\ufefftweet_id\"" + strings.TrimPrefix(header, "tweet_id")} {
		table := load(t, in+"7,Acme,False,,hello,,\n", tweet.Training)
		if table.ID(0) != 7 || table.Report.Count(tweet.ByteOrderMark) != 1 {
			t.Errorf("id %d, reported %v", table.ID(0), table.Report.Findings)
		}
	}
}

// Files that were put together have their header several times.
func TestRepeatedHeader(t *testing.T) {
	for name, again := range map[string]string{
		"as above":           header,
		"in capitals":        strings.ToUpper(header),
		"with a mark":        "\ufeff" + header,
		"with blanks":        " " + strings.ReplaceAll(header, ",", " , "),
		"of another width":   "tweet_id,x,y,z,text\n",
		"quoted, with marks": "\"\ufefftweet_id\"" + strings.TrimPrefix(header, "tweet_id"),
	} {
		in := header + "7,Acme,False,,hello,,\n" + again + "8,5,True,,yes,,7\n" + again
		table := load(t, in, tweet.Training)
		if table.Report.Count(tweet.RepeatedHeader) != 2 || !slices.Equal(table.Headers(), []int32{1, 3}) || len(table.Companies()) != 1 {
			t.Errorf("%s: rows %d, companies %q, reported %v", name, table.Headers(), table.Companies(), table.Report.Findings)
		}
		if len(table.Report.Findings) != 2 { // the empty times besides
			t.Errorf("%s: reported %v", name, table.Report.Findings)
		}
	}
	table := load(t, header+"7,Acme,False,,text,,\n8,text,False,,tweet_id,,\n", tweet.Training)
	if len(table.Headers()) != 0 {
		t.Errorf("rows %d are no headers", table.Headers())
	}
}
