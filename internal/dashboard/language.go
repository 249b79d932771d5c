package dashboard

import (
	"embed"
	"encoding/json"
	"fmt"
	"io/fs"

	"golang.org/x/text/language"
	"golang.org/x/text/message"
)

//go:embed german/*.json
var germanFiles embed.FS

// locale is how a reader reads. English texts stand in templates and code; those of
// another language are found by them.
type locale struct {
	// Code is that of the HTML attribute lang.
	Code    string
	texts   map[string]string
	printer *message.Printer
}

var (
	english = &locale{Code: "en", printer: message.NewPrinter(language.English)}
	german  = &locale{Code: "de", texts: mustReadTexts(germanFiles, "german"), printer: message.NewPrinter(language.German)}
	locales = []*locale{english, german}
	matcher = language.NewMatcher([]language.Tag{language.English, language.German})
)

// mustReadTexts reads what is embedded: a file that cannot be read is a mistake in
// the program, which a test finds.
func mustReadTexts(files embed.FS, dir string) map[string]string {
	all := map[string]string{}
	names, err := fs.Glob(files, dir+"/*.json")
	for _, name := range names {
		var content []byte
		if content, err = files.ReadFile(name); err == nil {
			err = json.Unmarshal(content, &all)
		}
		if err != nil {
			break
		}
	}
	if err != nil {
		panic(fmt.Sprintf("dashboard: texts of %s: %v", dir, err))
	}
	return all
}

// localeOf returns the locale of an account's language, or else the one that suits a
// browser best.
func localeOf(own, accepted string) *locale {
	for _, l := range locales {
		if l.Code == own {
			return l
		}
	}
	tags, _, err := language.ParseAcceptLanguage(accepted)
	if err != nil || len(tags) == 0 {
		return english
	}
	_, index, _ := matcher.Match(tags...)
	return locales[index]
}

// text returns a text in the locale's language, with args put in as [fmt.Sprintf]
// does; whole numbers among them get the language's separators.
func (l *locale) text(text string, args ...any) string {
	if t, ok := l.texts[text]; ok {
		text = t
	}
	if len(args) == 0 {
		return text
	}
	return l.printer.Sprintf(message.Key(text, text), args...)
}

// count returns one text for one, and the other for any other number, which it puts
// in: its verb is %d.
func (l *locale) count(n int64, one, many string) string {
	if n == 1 {
		return l.text(one, n)
	}
	return l.text(many, n)
}

// text marks a text that is translated where it is shown.
func text(s string) string { return s }
