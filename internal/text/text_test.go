package text_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"switchboard/internal/text"
)

func ExampleClean() {
	fmt.Println(text.Clean("@AcmeHelp  my box is &lt;still&gt; late\nhttps://t.co/a1B2"))
	// Output: my box is <still> late <url>
}

func TestClean(t *testing.T) {
	for _, c := range []struct{ name, raw, want string }{
		{"nothing to do", "Where is my order?", "Where is my order?"},
		{"empty", "", ""},
		{"spaces alone", " \t\n ", ""},

		{"mention at the start", "@115713 This is saddening to hear.", "This is saddening to hear."},
		{"several mentions", "@115713 @AcmeHelp @x hello", "hello"},
		{"mention in the middle", "DM our friends from @AcmeHelp.", "DM our friends from ."},
		{"mention before a possessive", "Love @Acme's app", "Love 's app"},
		{"mention after a dot", ".@Acme why", ". why"},
		{"mention glued to a word", "thanks@Acme for that", "thanks for that"},
		{"mentions glued to each other", "@a@b@c done", "done"},
		{"full-width at", "＠Acme やあ", "やあ"},
		{"mention alone", "@Acme", ""},
		{"an at that is no mention", "see you @ 5", "see you @ 5"},
		{"an e-mail address of any script stays", "josé@exämple.de, ivan@пример.испытание, jo@例え.jp", "josé@exämple.de, ivan@пример.испытание, jo@例え.jp"},
		{"and one in Punycode", "jo@xn--exmple-cua.xn--p1ai", "jo@xn--exmple-cua.xn--p1ai"},
		{"a sentence behind a mention is no host", "了解@AcmeHelp.日本", "了解.日本"},
		{"an e-mail address stays", "write to jo.doe+x@mail.example.com.", "write to jo.doe+x@mail.example.com."},
		{"not an address without a host", "jo@acme please", "jo please"},

		{"an e-mail address with a slip stays", "jo.doe @example.com, jo.doe@gmail,com, jo@gmail. com", "jo.doe @example.com, jo.doe@gmail,com, jo@gmail. com"},
		{"and one with a full-width at", "jo.doe＠example.com", "jo.doe＠example.com"},
		{"one letter is no end of a host", "SՕ@Aŕ.Օ now", "SՕŕ.Օ now"},
		{"a mention before a sentence is none", "jo.doe @Acme. It is late, me@Acme, com", "jo.doe . It is late, me, com"},
		{"nor is one of a company's host", "love @example.com, see.@example.com", "love .com, see..com"},

		{"entities once", "&amp;lt; fish &amp; chips &gt; &quot;x&quot;", "&lt; fish & chips > \"x\""},
		{"entity that hides a mention", "hi &#64;AcmeHelp you", "hi you"},
		{"entity that is a space", "a&nbsp;&#10;b", "a b"},
		{"ampersand that is none", "AT&T and R&D", "AT&T and R&D"},

		{"link", "look https://t.co/a1B2 now", "look <url> now"},
		{"links glued", "here:https://t.co/a1B2🙂", "here:<url>🙂"},
		{"sentence ends behind a link", "(see https://example.com/a_(b)?x=1&y=2#z).", "(see <url>)."},
		{"short link before a sign-off", "https://t.co/a1B2/JP", "<url>/JP"},
		{"short link before a caret", "https://t.co/a1B2.^JP", "<url>.^JP"},
		{"entity inside a link", "http://x.example/?a=1&amp;b=2&copy=3 ok", "<url> ok"},
		{"upper case", "HTTPS://EXAMPLE.COM", "<url>"},
		{"bare hosts", "www.example.com t.co/a1B2 pic.twitter.com/a1B2", "<url> <url> <url>"},
		{"no link", "at.co/x awww.nice http: //", "at.co/x awww.nice http: //"},
		{"link after Japanese", "こちらhttps://t.co/a1B2へ", "こちら<url>へ"},
		{"a link cannot grow together", "http@x://y.example", "<url>"},

		{"lines", "one\r\ntwo\u2028three\u0085four", "one two three four"},
		{"invalid UTF-8", "a\xff\xfe\xfdb\xc3", "a\uFFFDb\uFFFD"},
		{"NUL and BOM", "\ufeffa\x00b", "a b"},
		{"emoji, joiners and right-to-left stay", "👩‍👩‍👧 ❤️ שלום עליכם", "👩‍👩‍👧 ❤️ שלום עליכם"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := text.Clean(c.raw); got != c.want {
				t.Errorf("Clean(%q) = %q, want %q", c.raw, got, c.want)
			}
		})
	}
}

// checkClean is the contract, for any input.
func checkClean(t *testing.T, raw string) {
	t.Helper()
	got := text.Clean(raw)
	if !utf8.ValidString(got) {
		t.Errorf("Clean(%q) = %q is not valid UTF-8", raw, got)
	}
	if strings.Contains(got, "  ") || strings.TrimSpace(got) != got {
		t.Errorf("Clean(%q) = %q has spaces to spare", raw, got)
	}
	for _, r := range got {
		if r != ' ' && unicode.IsSpace(r) || r < ' ' {
			t.Errorf("Clean(%q) = %q holds %U", raw, got, r)
		}
	}
	if strings.Contains(strings.ToLower(got), "http://") || strings.Contains(strings.ToLower(got), "https://") {
		t.Errorf("Clean(%q) = %q holds a link", raw, got)
	}
	rest := got
	for range 3 { // one address may end where another begins
		rest = address.ReplaceAllString(rest, "é")
	}
	for _, at := range mention.FindAllString(rest, -1) {
		t.Errorf("Clean(%q) = %q holds the mention %q", raw, got, at)
	}
	if strings.IndexByte(got, '&') < 0 {
		if again := text.Clean(got); again != got {
			t.Errorf("Clean(%q) = %q, and again %q", raw, got, again)
		}
	}
}

var (
	mention = regexp.MustCompile(`[@＠][A-Za-z0-9_]+`)
	// A local part, an @, and a host with dots or what people write for one.
	address = regexp.MustCompile(`[A-Za-z0-9_%+\-."\p{Lu}\p{Ll}] ?[@＠]+ ?` +
		`(?:(?:gmail|yahoo)(?: com)?\b|(?:[A-Za-z0-9\-\pL\pM]+(?: ?[.,;]{1,2} ?| dot ))+(?:[xX][nN]--[A-Za-z0-9-]+|[\pL\pM]{2,}))`)
)

var pieces = []string{
	"@", "@", "＠", "AcmeHelp", "115712", "a", "b.c", "jo", ".", ".com", " ", "  ", "\n", "\t", "\u00a0",
	"http", "https", ":", "//", "://", "www", "www.", "t.co", "/", "x1", "&", "&amp;", "&#64;", "&lt;", ";",
	"gmail", ",", "com", "dot", "\"", "jo.doe", "mail",
	"\xff", "\xc3", "é", "日本", "🙂", "\u200d", "<url>", "^JB", "-", "_", "'s", "!", "\ufeff", "\u200b",
}

func TestCleanHoldsForAnything(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for range 50_000 {
		var raw strings.Builder
		for range 1 + rng.IntN(12) {
			raw.WriteString(pieces[rng.IntN(len(pieces))])
		}
		checkClean(t, raw.String())
		if t.Failed() {
			return
		}
	}
}

func FuzzClean(f *testing.F) {
	for _, p := range pieces {
		f.Add(p)
	}
	f.Add("@AcmeHelp  my box is &lt;still&gt; late\nhttps://t.co/a1B2")
	f.Fuzz(checkClean)
}

// Production tweets have lost their mentions before they reach us. What is
// left of a training tweet has to look the same.
func TestTrainingLooksLikeProduction(t *testing.T) {
	atSource := regexp.MustCompile(`@\w+`)
	subjects := []string{"My parcel", "the app", "Flight 12", "Ünïcode", "ご注文", "🙂"}
	handles := []string{"@AcmeHelp", "@115712", "@a_b", "@X"}
	forms := []string{"%[2]s %[1]s is late", "%[1]s from %[2]s.", ".%[2]s %[1]s &amp; more", "%[1]s by %[2]s's team!",
		"%[2]s %[2]s\n%[1]s https://t.co/a1B2", "thanks%[2]s, %[1]s", "(%[2]s) %[1]s", "%[1]s\n\n%[2]s"}
	for _, form := range forms {
		for _, subject := range subjects {
			for _, handle := range handles {
				training := fmt.Sprintf(form, subject, handle)
				production := strings.TrimSpace(atSource.ReplaceAllString(training, ""))
				if got, want := text.Clean(training), text.Clean(production); got != want {
					t.Errorf("training %q becomes %q, production %q becomes %q", training, got, production, want)
				}
			}
		}
	}
}

func TestCleanIsLinear(t *testing.T) {
	for _, unit := range []string{"@", "@a", "a@b.", "a @b. com", "a.b@c,", "a@b ", "\"a\"@", "a@gmail dot ", "http:", "www.", "&amp;", "://", "\xff", " ", "t.co/"} {
		checkClean(t, strings.Repeat(unit, 10_000))
	}
}

func BenchmarkClean(b *testing.B) {
	for _, c := range []struct{ name, raw string }{
		{"agent", "@115713 We understand your concerns and we'd like for you to please send us a Direct Message, so that we can further assist you. -AA https://t.co/a1B2c3D4e5"},
		{"customer", "@AcmeHelp y’all lie about your “great” connection. 5 bars LTE, still won’t load something &amp; I'm done. Smh. 🤥 💯"},
		{"nothing to do", "I have sent several private messages and no one is responding as usual, so what am I supposed to do now?"},
	} {
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(len(c.raw)))
			for b.Loop() {
				text.Clean(c.raw)
			}
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "tweets/s")
		})
	}
}

// The real production file has no mention left; cleaning must find nothing
// to remove there but links, entities and whitespace.
func TestCleanOnProductionData(t *testing.T) {
	raw, err := os.ReadFile(filepath.Join("..", "..", "..", "shared", "data", "production.csv"))
	if err != nil {
		t.Skip("the real data is not here: ", err)
	}
	for line := range strings.Lines(string(raw)) {
		checkClean(t, line)
	}
}
