package label_test

import (
	"fmt"
	"testing"

	"switchboard/internal/label"
)

const none = label.None

func TestLabel(t *testing.T) {
	companies := label.NewCompanies([]string{"AcmeHelp", "bolt_uk", "Coyote", "acmehelp", "Dr.Dot"})
	const acme, bolt, coyote, acme2 = 0, 1, 2, 3
	labeler := companies.NewLabeler()
	for _, test := range []struct {
		name    string
		authors []int32
		texts   []string
		want    int32
	}{
		{"nobody", nil, nil, none},
		{"one company", []int32{none, acme}, []string{"@bolt_uk hi", "hello"}, acme},
		{"the one that wrote most", []int32{bolt, none, acme, acme}, []string{"", "", "", ""}, acme},
		{"a tie goes to the earlier", []int32{none, bolt, acme, acme, bolt}, []string{"", "", "", "", ""}, bolt},
		{"companies whose names differ in case are two", []int32{acme2, acme, acme2}, []string{"", "", ""}, acme2},
		{"an author counts more than any mention", []int32{none, coyote}, []string{"@AcmeHelp @AcmeHelp", "@AcmeHelp"}, coyote},
		{"a mention", []int32{none}, []string{"thanks @Coyote!"}, coyote},
		{"in any case", []int32{none}, []string{"@ACMEHELP"}, acme},
		{"the one mentioned most", []int32{none, none}, []string{"@Coyote @bolt_uk", "@bolt_uk"}, bolt},
		{"a tie goes to the first mentioned", []int32{none, none}, []string{"@Coyote @bolt_uk", "@bolt_uk @Coyote"}, coyote},
		{"customers are no companies", []int32{none}, []string{"@115712 @someone"}, none},
		{"a longer handle is another", []int32{none}, []string{"@CoyoteFans @Coyote_"}, none},
		{"an address is no mention", []int32{none}, []string{"me@Coyote.com a_@Coyote"}, none},
		{"what stands around", []int32{none}, []string{".@Coyote: (@bolt_uk) é@bolt_uk"}, bolt},
		{"two @", []int32{none}, []string{"@@Coyote @ Coyote @"}, coyote},
		{"no text at all", []int32{none, none}, []string{"", ""}, none},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := labeler.Label(test.authors, func(i int) string { return test.texts[i] })
			if got != test.want {
				t.Errorf("label %d, want %d", got, test.want)
			}
		})
	}
}

func TestTextsAreNotReadWhereACompanyWrote(t *testing.T) {
	labeler := label.NewCompanies([]string{"Acme"}).NewLabeler()
	labeler.Label([]int32{none, 0}, func(int) string {
		t.Error("text was asked for")
		return ""
	})
}

// People write a name with blanks in one word.
func TestNamesWithBlanksAreMentioned(t *testing.T) {
	labeler := label.NewCompanies([]string{"Acme", "Bolt  Net"}).NewLabeler()
	if got := labeler.Label([]int32{none}, func(int) string { return "@boltnet help" }); got != 1 {
		t.Errorf("label %d", got)
	}
}

func TestNoCompanies(t *testing.T) {
	labeler := label.NewCompanies(nil).NewLabeler()
	if got := labeler.Label([]int32{none}, func(int) string { return "@Acme" }); got != none {
		t.Errorf("label %d", got)
	}
}

func ExampleLabeler_Label() {
	handles := []string{"AcmeHelp", "BoltSupport"}
	labeler := label.NewCompanies(handles).NewLabeler()
	texts := []string{"@BoltSupport my order is late", "still nothing, @acmehelp is faster", "@BoltSupport?"}
	company := labeler.Label([]int32{label.None, label.None, label.None}, func(i int) string { return texts[i] })
	fmt.Println(handles[company])
	// Output: BoltSupport
}
