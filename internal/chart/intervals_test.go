package chart

import (
	"strings"
	"testing"
)

func TestIntervalsAreDrawnFromEndToEnd(t *testing.T) {
	got := string(Intervals{linked(frame("weeks", "Week", "Right")), []Interval{
		{Label: "Week <48>", Text: "90%", Cells: []string{"90% of 10"}, Value: 0.9, Low: 0.6, High: 1, Href: "/calls?a=1&b=2"},
		{Label: "Week 47", Text: "-", Cells: []string{"-"}, Missing: true},
	}}.Draw())
	for _, want := range []string{
		`<line class="span" x1="60%" x2="100%"`, `cx="90%"`, `<a href="/calls?a=1&amp;b=2" class="row">`, `role="group"`,
		`<th scope="row">Week &lt;48&gt;</th><td class="num"><a href="/calls?a=1&amp;b=2">90% of 10</a></td>`, ">Week 47<", `<td class="num">-</td>`,
	} {
		if !strings.Contains(got, want) {
			t.Errorf("there is no %s:\n%s", want, got)
		}
	}
	if n := strings.Count(got, "<circle"); n != 1 {
		t.Errorf("%d dots are drawn, want 1: of nothing there is none", n)
	}
	if strings.Contains(got, "style=") {
		t.Error("it has a style of its own")
	}
}
