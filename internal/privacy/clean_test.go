package privacy

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"switchboard/internal/text"
)

// marked returns the text without brackets, which enclose what is labelled.
func marked(s string) (string, []Label) {
	var b strings.Builder
	var labels []Label
	for _, r := range s {
		switch r {
		case '[':
			labels = append(labels, Label{Start: b.Len(), Kind: "Person"})
		case ']':
			labels[len(labels)-1].End = b.Len()
		default:
			b.WriteRune(r)
		}
	}
	return b.String(), labels
}

func TestLabelsSurviveCleaning(t *testing.T) {
	for _, c := range []struct {
		raw  string
		want string // labelled details, a bar between them; - for one that is gone
	}{
		{"Hi [Liz], all fine?", "Liz"},
		{"[Liz]", "Liz"},
		{"@AcmeHelp   [Liz] and\n\n[Zoë Q]", "Liz|Zoë Q"},
		{"@AcmeHelp [Liz  Q.\n Doe] ", "Liz Q. Doe"},
		{"Hi[ Liz ], there", "Liz"},
		{"me &amp; [Liz] &lt;3", "Liz"},
		{"&lt;[Liz]&gt;", "Liz"},
		{"Hi&nbsp;[Liz]&nbsp;there", "Liz"},
		{"[O&#39;Neil] here", "O'Neil"},
		{"[Jos&eacute;]&amp;[Liz]", "José|Liz"},
		{"mail [liz@example.com] or [+44 20 7946 0018]", "liz@example.com|+44 20 7946 0018"},
		{"see https://t.co/abc [Liz] www.example.com/liz ^[JB]", "Liz|JB"},
		{"-[JB] https://t.co/abc", "JB"},
		{"thanks@AcmeHelp[ Liz]", "Liz"},
		{"🙂\u200d🙂 [Liz]🙂", "Liz"},
		{"&#64;AcmeHelp [Liz]", "Liz"},
		// Of these nothing is left.
		{"ask [@liz_doe], please", "-"},
		{"ask @[liz_doe], please", "-"},
		{"see https://example.com/[liz] and [Liz]", "-|Liz"},
		{"[@liz]@example", "-"},
		// Only a part is.
		{"ask [@liz_doe Liz] please", "Liz"},
	} {
		raw, labels := marked(c.raw)
		cleaned, moved := clean(raw, labels)
		if cleaned != text.Clean(raw) {
			t.Errorf("%q was cleaned to %q", c.raw, cleaned)
		}
		var got []string
		for _, l := range moved {
			detail := cleaned[l.Start:l.End]
			if detail == "" {
				detail = "-"
			}
			got = append(got, detail)
		}
		if joined := strings.Join(got, "|"); joined != c.want {
			t.Errorf("%q: labelled is %q in %q, want %q", c.raw, joined, cleaned, c.want)
		}
	}
}

// pieces are what tweets are made of. None of them joins what stands beside it.
var pieces = []string{
	"word", "two words", "@AcmeHelp", "@a ", "&amp;", "&lt;b&gt;", "&nbsp;", "&#64;liz", "&copy", "https://t.co/aB1", "www.example.org/x", "t.co/x",
	"\n", "  ", "\t", "\u200b", "\ufeff", "🙂", "👩\u200d👩\u200d👧", "e\u0301", "日本", "!", "...", "x@", "liz@example.com", "&", "#tag", "1/2", "＠acme",
}

// Whatever stands around a detail, it is found again where it went.
func TestOffsetsSurviveCleaning(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 1))
	for range 20_000 {
		var b strings.Builder
		var labels []Label
		var want []string
		for i := range 1 + random.IntN(8) {
			if random.IntN(3) > 0 {
				b.WriteString(pieces[random.IntN(len(pieces))])
				continue
			}
			// A name of its own, so that it is found in one place only.
			name := fmt.Sprintf("Zö%cq%d Kw", 'a'+rune(i), i)
			b.WriteString(" ")
			labels = append(labels, Label{Start: b.Len(), End: b.Len() + len(name), Kind: "Person"})
			b.WriteString(name + " ")
			want = append(want, name)
		}
		cleaned, moved := clean(b.String(), labels)
		for i, l := range moved {
			if got := cleaned[l.Start:l.End]; got != want[i] {
				t.Fatalf("%q became %q: labelled is %q, want %q", b.String(), cleaned, got, want[i])
			}
		}
	}
}

// Wherever labels lie, they stay in order within the text and on whole
// characters.
func FuzzClean(f *testing.F) {
	f.Add("@AcmeHelp Hi&nbsp;Liz &lt;3 https://t.co/abc", 10, 20)
	f.Add("x@ liz@example.com", 3, 18)
	f.Add("\u200b🙂 &#64;liz www.é", 0, 9)
	f.Fuzz(func(t *testing.T, raw string, start, end int) {
		labels := []Label{{Start: start, End: end, Kind: "Person"}}
		if len(raw) > 1000 || checkLabels(raw, labels, kinds) != nil {
			t.Skip()
		}
		cleaned, moved := clean(raw, labels)
		l := moved[0]
		if l.Start < 0 || l.Start > l.End || l.End > len(cleaned) {
			t.Fatalf("%q became %q, the label %+v", raw, cleaned, l)
		}
		detail := cleaned[l.Start:l.End]
		if strings.ToValidUTF8(raw, "") == raw && strings.ToValidUTF8(detail, "") != detail {
			t.Errorf("%q is no whole characters", detail)
		}
		if detail != "" && (!strings.ContainsFunc(detail, isDetail) || strings.HasPrefix(detail, " ") || strings.HasSuffix(detail, " ")) {
			t.Errorf("%q labels %q in %q", raw, detail, cleaned)
		}
	})
}
