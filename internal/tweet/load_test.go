package tweet_test

import (
	"context"
	"errors"
	"io"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"

	"switchboard/internal/problem"
	"switchboard/internal/tweet"
)

func load(t testing.TB, in string, kind tweet.Kind) *tweet.Table {
	t.Helper()
	table, err := tweet.Load(t.Context(), strings.NewReader(in), "t.csv", kind, nil)
	if err != nil {
		t.Fatal(err)
	}
	return table
}

func TestLoad(t *testing.T) {
	table := load(t, header+
		"11,Acme,False,Tue Oct 31 22:10:35 +0000 2017,\"hello,\n\"\"you\"\"\",,12\n"+
		"12,115712,True,Tue Oct 31 22:04:47 +0000 2017,@Acme help,\"11,13\",\n"+
		"13,Bolt,False,,yes,,12.0\n", tweet.Training)
	if table.Rows() != 3 {
		t.Fatalf("%d rows", table.Rows())
	}
	equal(t, "ids", table.IDs(), []int64{11, 12, 13})
	equal(t, "parents", table.Parents(), []int64{12, -1, 12})
	equal(t, "times", table.Times(), []int64{1509487835, 1509487487, tweet.NoTime})
	equal(t, "companies", table.Companies(), []string{"Acme", "Bolt"})
	starts, responses := table.Responses()
	equal(t, "starts", starts, []int64{0, 0, 2, 2})
	equal(t, "responses", responses, []int64{11, 13})
	for row, want := range []struct {
		id      int64
		company int32
		text    string
	}{{11, 0, "hello,\n\"you\""}, {12, -1, "@Acme help"}, {13, 1, "yes"}} {
		row := int32(row)
		if table.ID(row) != want.id || table.Company(row) != want.company || table.Text(row) != want.text {
			t.Errorf("row %d: %d, %d, %q", row, table.ID(row), table.Company(row), table.Text(row))
		}
	}
}

func equal[T comparable](t *testing.T, what string, got, want []T) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("%s are %v, want %v", what, got, want)
	}
}

// Every anomaly of a row, with the row that has it and what is made of it.
func TestAnomalies(t *testing.T) {
	const fine = "7,Acme,False,Tue Oct 31 22:10:35 +0000 2017,hello,,\n"
	const when = "Tue Oct 31 22:10:35 +0000 2017"
	for _, test := range []struct {
		kind, row string
		// id is the example's, parent and responses what was read.
		id, parent int64
		responses  []int64
	}{
		{tweet.UnevenRow, "1,115712,True", 1, -1, nil},
		{tweet.UnevenRow, "1,115712,True," + when + ",hello,5,6,surplus", 1, 6, []int64{5}},
		{tweet.FractionalID, "1.0,115712,True," + when + ",hello,5,6", 1, 6, []int64{5}},
		{tweet.DamagedID, "\"1,55,157\",115712,True," + when + ",hello,5,6", 155157, 6, []int64{5}},
		{tweet.UnreadableID, "x,115712,True," + when + ",hello,5,6", -2, -1, nil},
		{tweet.UnreadableID, ",115712,True," + when + ",hello,5,6", -2, -1, nil},
		{tweet.FractionalParent, "1,115712,True," + when + ",hello,5,6.0", 1, 6, []int64{5}},
		{tweet.DamagedParent, "1,115712,True," + when + ",hello,5,\"15,761,574\"", 1, 15761574, []int64{5}},
		{tweet.UnreadableParent, "1,115712,True," + when + ",hello,5,none", 1, -1, []int64{5}},
		{tweet.FractionalResponses, "1,115712,True," + when + ",hello,\"5.0,8\",6", 1, 6, []int64{5, 8}},
		{tweet.AmbiguousResponses, "1,115712,True," + when + ",hello,\"15,761,574\",6", 1, 6, []int64{15, 761, 574}},
		{tweet.UnreadableResponses, "1,115712,True," + when + ",hello,\"5,x\",6", 1, 6, []int64{5}},
		{tweet.UnreadableAuthor, "1,,True," + when + ",hello,5,6", 1, 6, []int64{5}},
		{tweet.UnreadableAuthor, "1,thanks a lot,False," + when + ",hello,5,6", 1, 6, []int64{5}},
		{tweet.UnusualInbound, "1,115712,TRUE," + when + ",hello,5,6", 1, 6, []int64{5}},
		{tweet.UnusualInbound, "1,115712,1," + when + ",hello,5,6", 1, 6, []int64{5}},
		{tweet.InvalidInbound, "1,115712,maybe," + when + ",hello,5,6", 1, 6, []int64{5}},
		{tweet.InvalidInbound, "1,115712,," + when + ",hello,5,6", 1, 6, []int64{5}},
		{tweet.InvalidCreatedAt, "1,115712,True,soon,hello,5,6", 1, 6, []int64{5}},
		{tweet.EmptyText, "1,115712,True," + when + ", ,5,6", 1, 6, []int64{5}},
		{tweet.BareText, "1,115712,True," + when + ",@Acme https://t.co/x,5,6", 1, 6, []int64{5}},
		{tweet.MultilineText, "1,115712,True," + when + ",\"a\nb\",5,6", 1, 6, []int64{5}},
		{tweet.HTMLEntity, "1,115712,True," + when + ",a &gt; b,5,6", 1, 6, []int64{5}},
	} {
		t.Run(test.kind, func(t *testing.T) {
			table := load(t, header+fine+test.row+"\n", tweet.Training)
			finding := table.Report.Findings[test.kind]
			if finding == nil || finding.Count != 1 || !slices.Equal(finding.Examples, []int64{test.id}) {
				t.Errorf("%q: reported %+v", test.row, finding)
			}
			if len(table.Report.Findings) != 1 && test.kind != tweet.UnevenRow {
				t.Errorf("%q: reported more: %+v", test.row, table.Report.Findings)
			}
			if table.ID(1) != test.id || table.Parents()[1] != test.parent {
				t.Errorf("%q: id %d, parent %d", test.row, table.ID(1), table.Parents()[1])
			}
			_, responses := table.Responses()
			equal(t, "responses", responses, test.responses)
		})
	}
}

func TestNothingOddNothingReported(t *testing.T) {
	table := load(t, header+"7,Acme,False,Tue Oct 31 22:10:35 +0000 2017,hello,,\n", tweet.Training)
	if len(table.Report.Findings) != 0 {
		t.Errorf("reported %v", table.Report.Findings)
	}
	// Columns that are not there are not odd either.
	table = load(t, "tweet_id,text,in_response_to_tweet_id\n1,hello,\n", tweet.Production)
	if len(table.Report.Findings) != 0 {
		t.Errorf("reported %v", table.Report.Findings)
	}
}

func TestFileAnomalies(t *testing.T) {
	in := "\ufeff" + strings.ReplaceAll(header+"7,Acme,False,Tue Oct 31 22:10:35 +0000 2017,hello,,\n", "\n", "\r\n")
	table := load(t, in, tweet.Training)
	if table.Report.Count(tweet.ByteOrderMark) != 1 || table.Report.Count(tweet.CRLF) != 1 || table.ID(0) != 7 {
		t.Errorf("reported %v", table.Report.Findings)
	}
}

func TestReportNamesTheFirstFive(t *testing.T) {
	table := load(t, header+strings.Repeat("8,Acme,False,x,hello,,\n8,Acme,False,x,hello,,\n9,Acme,False,x,hello,,\n", 30_000), tweet.Training)
	finding := table.Report.Findings[tweet.InvalidCreatedAt]
	if finding.Count != 90_000 || !slices.Equal(finding.Examples, []int64{8, 9, 8, 9, 8}) {
		t.Errorf("reported %+v", finding)
	}
}

func TestColumnsInAnyOrder(t *testing.T) {
	table := load(t, "extra,In_Response_To_Tweet_ID,text, author_id ,tweet_id\nx,2,hello,Acme,1\n", tweet.Training)
	if table.ID(0) != 1 || table.Parents()[0] != 2 || table.Text(0) != "hello" || table.Company(0) != 0 {
		t.Errorf("id %d, parents %v, text %q, company %d", table.ID(0), table.Parents(), table.Text(0), table.Company(0))
	}
	_, responses := table.Responses()
	if len(responses) != 0 || table.Times()[0] != tweet.NoTime {
		t.Error("columns that are not there were read")
	}
}

// What production data lacks must not be read even where it is there.
func TestProductionIgnoresAuthors(t *testing.T) {
	table := load(t, header+"1,Acme,False,,hello,,\n", tweet.Production)
	if len(table.Companies()) != 0 || table.Company(0) != -1 {
		t.Errorf("companies %v", table.Companies())
	}
}

// More rows than a chunk: the chunks must join without a seam.
func TestChunks(t *testing.T) {
	const n = 100_000
	var in strings.Builder
	in.WriteString("tweet_id,author_id,text,in_response_to_tweet_id,response_tweet_id\n")
	for i := range n {
		id := strconv.Itoa(i)
		in.WriteString(id + ",A" + strconv.Itoa(i%7) + "," + strings.Repeat("x", i%50) + id + "," + strconv.Itoa(i+1) + ",\"" + strconv.Itoa(i+2) + "," + strconv.Itoa(i+3) + "\"\n")
	}
	table := load(t, in.String(), tweet.Training)
	if table.Rows() != n || len(table.Companies()) != 7 {
		t.Fatalf("%d rows, companies %v", table.Rows(), table.Companies())
	}
	ids, parents := table.IDs(), table.Parents()
	starts, responses := table.Responses()
	for i := range n {
		row := int32(i)
		if ids[i] != int64(i) || parents[i] != int64(i+1) || table.ID(row) != int64(i) {
			t.Fatalf("row %d: id %d, parent %d", i, ids[i], parents[i])
		}
		if table.Text(row) != strings.Repeat("x", i%50)+strconv.Itoa(i) || table.Companies()[table.Company(row)] != "A"+strconv.Itoa(i%7) {
			t.Fatalf("row %d: text %q", i, table.Text(row))
		}
		if got := responses[starts[i]:starts[i+1]]; !slices.Equal(got, []int64{int64(i + 2), int64(i + 3)}) {
			t.Fatalf("row %d: responses %v", i, got)
		}
	}
}

func TestLoadStopsWhenCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	r := io.MultiReader(strings.NewReader(header), &endless{text: "1,Acme,False,,hello,,\n"})
	var rows int64
	_, err := tweet.Load(ctx, r, "t.csv", tweet.Training, func(n int64) {
		if n <= rows {
			t.Errorf("progress went from %d to %d", rows, n)
		}
		rows = n
		if n > 5000 {
			cancel()
		}
	})
	if !errors.Is(err, context.Canceled) {
		t.Fatalf("got %v", err)
	}
}

// Whatever the bytes, the table is refused with a sentence or read whole, and
// both readers agree on what is in it.
func FuzzLoad(f *testing.F) {
	f.Add([]byte(header + "1,115712,True,,\"a\nb\",\"2,3\",4\n"))
	f.Add([]byte("\ufeff" + header + "\"1,55,157\",115712,True,,x,,3.0\r\n,,,\r\n"))
	f.Add([]byte(header + "1,115712,True,,\"a"))
	f.Add([]byte(header + "\xff,Acme\n"))
	f.Fuzz(func(t *testing.T, in []byte) {
		if len(in) > 1<<16 {
			return
		}
		whole := string(in)
		if !strings.Contains(whole, "tweet_id") {
			// Mutations seldom spell a header by themselves.
			whole = header + whole
		}
		table, err := tweet.Load(t.Context(), strings.NewReader(whole), "t.csv", tweet.Training, nil)
		rows, rowsErr := readRows(t, whole, "t.csv")
		if err != nil {
			if kind, _ := problem.KindOf(err); kind != problem.BadInput {
				t.Fatalf("got %v, want a %s", err, problem.BadInput)
			}
			return
		}
		if rowsErr != nil || len(rows) != table.Rows() {
			t.Fatalf("Load read %d rows, Rows %d (%v)", table.Rows(), len(rows), rowsErr)
		}
		r, _ := tweet.NewRows(strings.NewReader(whole), "t.csv")
		text := slices.IndexFunc(r.Header(), func(name string) bool { return strings.EqualFold(strings.TrimSpace(name), "text") })
		for i, row := range rows {
			if table.Text(int32(i)) != row[text] {
				t.Fatalf("row %d: Load read %q, Rows %q", i, table.Text(int32(i)), row[text])
			}
			if id := table.ID(int32(i)); id < 0 && id != -int64(i)-1 {
				t.Fatalf("row %d has id %d", i, id)
			}
		}
		again := load(t, whole, tweet.Training)
		if !reflect.DeepEqual(again.Report, table.Report) {
			t.Fatal("the same table gives two reports")
		}
	})
}
