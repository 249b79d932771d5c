package chart

import (
	"encoding/xml"
	"errors"
	"flag"
	"fmt"
	"html/template"
	"io"
	"math"
	"os"
	"slices"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the golden files anew")

func frame(id string, columns ...string) Frame {
	return Frame{ID: id, Title: "Calls & <companies>", Description: `What "you" see`, Numbers: "Numbers", Columns: columns}
}

func linked(f Frame) Frame {
	f.Linked = true
	return f
}

func whole(v float64) string { return fmt.Sprintf("%.0f", v) }

func share100(v float64) string { return fmt.Sprintf("%.0f%%", 100*v) }

var charts = map[string]template.HTML{
	"bars": Bars{linked(frame("bars", "Company", "Calls")), []Bar{
		{Label: "Acme <b>", Value: 200, Text: "200", Href: "/calls?company=Acme+%3Cb%3E&task=a"},
		{Label: "A company of which the name is too long for a phone", Value: 50, Text: "50", Series: 7},
		{Label: "None", Text: "0"},
	}}.Draw(),
	"bars-none": Bars{Frame: frame("none", "Company", "Calls")}.Draw(),
	"stack": Stack{Frame: linked(frame("stack", "Model", "right", "wrong")), Parts: []string{"right", "wrong"}, Whole: true, Bars: []StackedBar{
		{"model 1", "4", []Part{{3, "3", "/calls?x=1"}, {1, "1", ""}}},
		{"model 2", "0", []Part{{0, "0", ""}, {0, "0", ""}}},
	}}.Draw(),
	"lines": Lines{Frame: linked(frame("lines", "Hour", "now", "before")), Series: []Series{{"now", false}, {"before", true}}, Format: whole, Whole: true, Points: []Point{
		{"10:00", "Sat 10:00", []Value{{Value: 3, Text: "3"}, {Value: 1, Text: "1", Href: "/calls?before=10"}}, "/calls?from=10"},
		{"11:00", "Sat 11:00", []Value{{Value: 0, Text: "0"}, {Value: 7, Text: "7"}}, "/calls?from=11"},
		{"12:00", "Sat 12:00", []Value{{Value: 5, Text: "5"}, {Text: "-", Missing: true}}, ""},
	}}.Draw(),
	"reliability": Reliability{Frame: frame("reliability", "Confidence", "Right", "Calls"), Sure: "confidence", Right: "right", Format: share100, Bins: []Bin{
		{Name: "50% to 60%", Confidence: 0.55, Right: 0.5, Low: 0.3, High: 0.7, Texts: []string{"50%", "10"}},
		{Name: "60% to 70%", Empty: true, Texts: []string{"-", "0"}},
	}}.Draw(),
}

func TestChartsAreAsTheyWere(t *testing.T) {
	for name, got := range charts {
		file := "testdata/" + name + ".html"
		if *update {
			if err := os.WriteFile(file, []byte(got), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(file)
		if err != nil || string(want) != string(got) {
			t.Errorf("%s is another (%v): look at it, and write it anew with -update\n%s", name, err, got)
		}
	}
}

// What a page's policy forbids, and what a label could break.
func TestChartsHaveNoStyleAndNoMarkupOfOthers(t *testing.T) {
	for name, got := range charts {
		for _, forbidden := range []string{"style=", "<style", "<script", "onload", "Acme <b>", "& <"} {
			if strings.Contains(string(got), forbidden) {
				t.Errorf("%s has %q", name, forbidden)
			}
		}
		if !strings.Contains(string(got), "<details") {
			t.Errorf("%s has no table", name)
		}
		d := xml.NewDecoder(strings.NewReader(string(got)))
		for {
			_, err := d.Token()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatalf("%s is not well formed: %v", name, err)
			}
		}
	}
}

// Every number of a chart stands in its table, with its link.
func TestTheTableSaysTheSame(t *testing.T) {
	_, table, _ := strings.Cut(string(charts["lines"]), "<details")
	for _, want := range []string{">Sat 10:00<", `<a href="/calls?from=10">3</a>`, `<a href="/calls?before=10">1</a>`, `<td class="num">7</td>`, `<td class="num">-</td>`, ">before<"} {
		if !strings.Contains(table, want) {
			t.Errorf("the table has no %s:\n%s", want, table)
		}
	}
}

func TestAChartOfLinksIsAGroup(t *testing.T) {
	for name, role := range map[string]string{"bars": "group", "lines": "group", "reliability": "img", "bars-none": "img"} {
		if !strings.Contains(string(charts[name]), `role="`+role+`"`) {
			t.Errorf("%s is no %s", name, role)
		}
	}
}

func TestTicks(t *testing.T) {
	for _, test := range []struct {
		most  float64
		whole bool
		want  []float64
	}{
		{0, true, []float64{0, 1}},
		{1, true, []float64{0, 1}},
		{3, true, []float64{0, 1, 2, 3}},
		{7, true, []float64{0, 2, 4, 6, 8}},
		{10, true, []float64{0, 5, 10}},
		{1, false, []float64{0, 0.25, 0.5, 0.75, 1}},
		{1234, true, []float64{0, 500, 1000, 1500}},
		{math.NaN(), true, []float64{0, 1}},
		{math.Inf(1), true, []float64{0, 1}},
	} {
		if got := ticks(test.most, test.whole); !slices.Equal(got, test.want) {
			t.Errorf("up to %v, whole %v: %v, want %v", test.most, test.whole, got, test.want)
		}
	}
}
