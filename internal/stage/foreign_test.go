package stage_test

import (
	"fmt"
	"maps"
	"strings"
	"testing"

	"switchboard/internal/dataset"
	"switchboard/internal/problem"
	"switchboard/internal/stage"
	"switchboard/internal/tweet"
)

const columns = "tweet_id,author_id,text,response_tweet_id,in_response_to_tweet_id\n"

// talks makes a table of n conversations, a question by the customer and an answer
// by the company that authors gives.
func talks(n int, authors func(i int) (customer, company string)) string {
	var b strings.Builder
	b.WriteString(columns)
	for i := range n {
		customer, company := authors(i)
		fmt.Fprintf(&b, "%d,%s,question %d,%d,\n%d,%s,answer %d,,%d\n", 2*i+1, customer, i, 2*i+2, 2*i+2, company, i, 2*i+1)
	}
	return b.String()
}

func refusal(t *testing.T, in string, opts stage.Options) error {
	t.Helper()
	opts.Name = "t.csv"
	if opts.Kind == "" {
		opts.Kind = tweet.Training
	}
	var out memory
	_, err := stage.Conversations(t.Context(), strings.NewReader(in), opts, out.open)
	if kind, _ := problem.KindOf(err); kind != problem.BadInput {
		t.Fatalf("got %v, want a %s", err, problem.BadInput)
	}
	return err
}

// A table that would make labels of customers' names is refused, by what is said
// in it alone, and its names are not in the message.
func TestCustomersAreNoLabels(t *testing.T) {
	companies := []string{"AcmeAir", "BoltNet"}
	for name, test := range map[string]struct {
		in   string
		says []string
	}{
		"two customers, many conversations": {
			talks(24, func(i int) (string, string) { return fmt.Sprintf("cust_%d", i%2), companies[i%2] }),
			[]string{"of 24 replies by companies 24 answer", "lines 3, 5 and 7", "author_id must be a number"},
		},
		"a customer each": {
			talks(24, func(i int) (string, string) { return fmt.Sprintf("cust_%d", i), companies[i%2] }),
			[]string{"24 answer"},
		},
		"half of the customers": {
			talks(24, func(i int) (string, string) {
				return []string{fmt.Sprint(i), fmt.Sprintf("cust_%d", i)}[i/2%2], companies[i%2]
			}),
			[]string{"of 24 replies by companies 12 answer"},
		},
		"inbound False everywhere": {
			func() string {
				in := "tweet_id,author_id,inbound,text,response_tweet_id,in_response_to_tweet_id\n"
				for i := range 24 {
					in += fmt.Sprintf("%d,%d,False,question,%d,\n%d,%s,False,answer,,%d\n", 2*i+1, 900+i%5, 2*i+2, 2*i+2, companies[i%2], 2*i+1)
				}
				return in
			}(),
			[]string{"24 answer"},
		},
		"inbound the wrong way round": {
			func() string {
				in := "tweet_id,author_id,inbound,text,response_tweet_id,in_response_to_tweet_id\n"
				for i := range 24 {
					in += fmt.Sprintf("%d,cust_%d,False,question,%d,\n%d,%s,True,answer,,%d\n", 2*i+1, i%5, 2*i+2, 2*i+2, companies[i%2], 2*i+1)
				}
				return in
			}(),
			[]string{"24 of 24 first answers are by customers to companies", "lines 3, 5 and 7", "True where a customer writes"},
		},
		"nobody answers": {
			columns + func() (rows string) {
				for i := range 20 {
					rows += fmt.Sprintf("%d,cust_%d,question,,\n", i, i)
				}
				return rows
			}(),
			[]string{"20 of 20 companies have no more than 2 conversations each"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			err := refusal(t, test.in, stage.Options{})
			for _, says := range append(test.says, "t.csv", "--max-unusable") {
				if !strings.Contains(err.Error(), says) {
					t.Errorf("%q does not say %q", err, says)
				}
			}
			for _, name := range []string{"cust_", "AcmeAir", "BoltNet"} {
				if strings.Contains(err.Error(), name) {
					t.Errorf("%q names an author", err)
				}
			}
		})
	}
}

// Where few customers have no number, and a company is known by answering others,
// they are customers all the same.
func TestAFewCustomersWithHandles(t *testing.T) {
	in := talks(40, func(i int) (string, string) {
		customer := fmt.Sprint(1000 + i)
		if i < 6 {
			customer = "jane"
		}
		return customer, []string{"AcmeAir", "BoltNet"}[i%2]
	}) + "900,77,hello @jane @boltnet,,\n"
	result, _ := run(t, in, stage.Options{})
	if !maps.Equal(result.Labels, map[string]int64{"AcmeAir": 20, "BoltNet": 21}) || result.Companies != 2 || result.Report.Count(stage.CustomerHandle) != 6 {
		t.Errorf("labels %v, %d companies, reported %v", result.Labels, result.Companies, result.Report.Findings)
	}
}

// Whoever knows better sets another limit.
func TestAnotherLimit(t *testing.T) {
	in := talks(24, func(i int) (string, string) { return fmt.Sprintf("cust_%d", i%2), "AcmeAir" })
	result, _ := run(t, in, stage.Options{MaxUnusable: 1})
	if result.Conversations != 24 {
		t.Errorf("%d conversations", result.Conversations)
	}
	in = columns + "x,5,a,,\ny,Acme,b,,\nz,Acme,c,,\n"
	_ = refusal(t, in, stage.Options{})
	if result, _ := run(t, in, stage.Options{MaxUnusable: 1}); result.Conversations != 3 || result.Report.Count(tweet.UnreadableID) != 3 {
		t.Errorf("%d conversations, reported %v", result.Conversations, result.Report.Findings)
	}
}

// Names with blanks, signs and an address label like others, and their spellings
// are one class.
func TestCompanyNames(t *testing.T) {
	for _, spellings := range [][]string{
		{"Bolt Net", "bolt net", "BOLT NET", "BoltNet", "Bolt Net"},
		{"AT&T", "at&t", "AT & T", "AT&T"},
		{"support@x.example", "Support@X.example", "support@x.example"},
		{"Dr. Oat Co.", "dr. oat co.", "Dr. Oat Co."},
	} {
		in := talks(24, func(i int) (string, string) {
			if i%2 == 0 {
				return fmt.Sprint(i), "AcmeAir"
			}
			return fmt.Sprint(i), spellings[i/2%len(spellings)]
		})
		result, _ := run(t, in, stage.Options{})
		if !maps.Equal(result.Labels, map[string]int64{"AcmeAir": 12, spellings[0]: 12}) {
			t.Errorf("%q: labels %v, reported %v", spellings, result.Labels, result.Report.Findings)
		}
		if result.Report.Count(tweet.CompanySpelling) == 0 {
			t.Errorf("%q: reported %v", spellings, result.Report.Findings)
		}
	}
}

// Tweets of one id are conversations of their own, with ids of their own.
func TestTweetsOfOneID(t *testing.T) {
	result, parts := run(t, "tweet_id,text,response_tweet_id\n1294030472427835000,my flight,\n1294030472427835000,my router,\n1294030472427835000,my  flight,\n7,hello,\n",
		stage.Options{Kind: tweet.Production})
	var ids []int64
	for _, c := range parts[0] {
		ids = append(ids, c.ID)
	}
	if fmt.Sprint(ids) != "[1294030472427835000 -2 7]" || fmt.Sprint(result.Duplicates) != fmt.Sprint([]dataset.Duplicate{{Row: 2, First: 0}}) {
		t.Errorf("conversations %d, duplicates %v", ids, result.Duplicates)
	}
	if result.Report.Count("clashing_id") != 1 || result.Report.Count(tweet.RoundedID) != 3 {
		t.Errorf("reported %v", result.Report.Findings)
	}
}

// Ids that do not tell tweets apart are as good as none.
func TestIDsThatAreAllEqual(t *testing.T) {
	rows := func(id func(i int) int) string {
		var b strings.Builder
		b.WriteString("tweet_id,text,in_response_to_tweet_id\n")
		for i := range 30 {
			fmt.Fprintf(&b, "%d,text %d,\n", id(i), i)
		}
		return b.String()
	}
	err := refusal(t, rows(func(int) int { return 7 }), stage.Options{Kind: tweet.Production})
	if !strings.Contains(err.Error(), "30 of 30 tweets with different texts or authors have one and the same tweet_id, such as on lines 2, 3 and 4") {
		t.Errorf("got %v", err)
	}
	_ = refusal(t, rows(func(i int) int { return max(i-10, 0) }), stage.Options{Kind: tweet.Production})
	// Every id twice: all of them are answered.
	if result, _ := run(t, rows(func(i int) int { return i / 2 }), stage.Options{Kind: tweet.Production}); result.Conversations != 30 {
		t.Errorf("%d conversations", result.Conversations)
	}
	// The same row again and again is one tweet.
	same := "tweet_id,text,in_response_to_tweet_id\n" + strings.Repeat("7,text,\n", 30)
	if result, _ := run(t, same, stage.Options{Kind: tweet.Production}); result.Conversations != 1 || len(result.Duplicates) != 29 {
		t.Errorf("%d conversations, %d duplicates", result.Conversations, len(result.Duplicates))
	}
}

// Replies to ids that several tweets have are as good as unreadable.
func TestAmbiguousReplies(t *testing.T) {
	in := "tweet_id,text,in_response_to_tweet_id\n"
	for i := range 10 {
		in += fmt.Sprintf("%d,question %d,\n%d,other question %d,\n%d,answer %d,%d\n", i, i, i, i, 100+i, i, i)
	}
	err := refusal(t, in, stage.Options{Kind: tweet.Production})
	if !strings.Contains(err.Error(), "of 10 values in in_response_to_tweet_id and response_tweet_id, 10 cannot be used") || !strings.Contains(err.Error(), "lines 4, 7 and 10") {
		t.Errorf("got %v", err)
	}
	if result, _ := run(t, in, stage.Options{Kind: tweet.Production, MaxUnusable: 1}); result.Conversations != 30 || result.Report.Count("ambiguous_reply") != 10 {
		t.Errorf("%d conversations, reported %v", result.Conversations, result.Report.Findings)
	}
}

// A row that repeats the header is no tweet, and is not lost.
func TestRepeatedHeader(t *testing.T) {
	in := talks(3, func(i int) (string, string) { return fmt.Sprint(i), "AcmeAir" })
	result, parts := run(t, in+columns+"900,77,hello,,\n"+columns, stage.Options{})
	if result.Rows != 9 || result.Tweets != 7 || result.Headers != 2 || result.Companies != 1 || len(parts[0]) != 4 {
		t.Errorf("%+v", result)
	}
	for _, c := range parts[0] {
		for _, text := range c.Texts {
			if text == "text" {
				t.Error("a header is in a conversation")
			}
		}
	}
}
