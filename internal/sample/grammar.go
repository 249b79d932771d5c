package sample

import (
	"embed"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
)

//go:embed grammar
var grammarFiles embed.FS

// languages are the files of the grammar that belong to a language, and not
// to a sector. Sector files are in English.
var languages = []string{"en", "es", "fr", "de", "pt", "it", "ja"}

// ruleKey names a rule. The scope is "" for what all companies share, a
// sector, or a company's handle with an @. The language is "" for a company's
// nouns, which are the same in all languages.
type ruleKey struct{ scope, lang, name string }

// grammar is a set of rules; each has productions to choose from.
//
// A rule file reads like this:
//
//	# a comment
//	rule:
//	  one production | another one
//	  a production with {another.rule} and a [choice|pick]
//	sector/rule:
//	  for that sector only
//	@Handle/rule:
//	  for that company only, in any language
//	@Handle/es.rule:
//	  for that company when it speaks Spanish
type grammar map[ruleKey][]production

// production is a line of a rule, parsed: its parts are written one after
// the other.
type production []part

// part is one of three things: a text, a symbol to be expanded, or a choice.
type part struct {
	text   string
	symbol string
	args   []string
	choice []production
}

// loadGrammar reads all rule files.
func loadGrammar() (grammar, error) {
	g := make(grammar)
	err := fs.WalkDir(grammarFiles, "grammar", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		data, err := grammarFiles.ReadFile(name)
		if err != nil {
			return err
		}
		if err := g.parse(strings.TrimSuffix(path.Base(name), ".txt"), string(data)); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		return nil
	})
	return g, err
}

// parse adds a file's rules. The file is called after a language, after a
// sector, "names", or "call-" and a language.
func (g grammar) parse(file, text string) error {
	base := ruleKey{scope: file, lang: "en"}
	switch {
	case slices.Contains(languages, file):
		base = ruleKey{lang: file}
	case strings.HasPrefix(file, "call-"):
		base = ruleKey{lang: strings.TrimPrefix(file, "call-")}
	case file == "names":
		base = ruleKey{}
	}
	var key ruleKey
	for i, line := range strings.Split(text, "\n") {
		switch {
		case strings.TrimSpace(line) == "" || line[0] == '#':
		case line[0] != ' ':
			heading, ok := strings.CutSuffix(strings.TrimSpace(line), ":")
			if !ok {
				return fmt.Errorf("line %d: a rule's name ends with a colon", i+1)
			}
			key = ruleName(base, heading)
			if _, ok := g[key]; ok {
				return fmt.Errorf("line %d: the rule %s is there twice", i+1, heading)
			}
		case key == ruleKey{}:
			return fmt.Errorf("line %d: a production before any rule", i+1)
		default:
			for _, alternative := range splitOutside(line, '|') {
				p, err := parseProduction(strings.TrimSpace(alternative))
				if err != nil {
					return fmt.Errorf("line %d: %w", i+1, err)
				}
				g[key] = append(g[key], p)
			}
		}
	}
	return nil
}

// ruleName reads a heading.
func ruleName(key ruleKey, heading string) ruleKey {
	scope, name, ok := strings.Cut(heading, "/")
	if !ok {
		key.name = heading
		return key
	}
	key.scope, key.name = scope, name
	if !strings.HasPrefix(scope, "@") {
		return key
	}
	key.lang = ""
	if name == "house" {
		key.lang = "en"
	}
	if lang, rest, ok := strings.Cut(name, "."); ok && slices.Contains(languages, lang) {
		key.lang, key.name = lang, rest
	}
	return key
}

// parseProduction reads {symbols}, [choices] and \n.
func parseProduction(s string) (production, error) {
	var p production
	s = strings.ReplaceAll(s, `\n`, "\n")
	for s != "" {
		i := strings.IndexAny(s, "{[")
		if i < 0 {
			return append(p, part{text: s}), nil
		}
		if i > 0 {
			p = append(p, part{text: s[:i]})
		}
		end := strings.IndexByte(s[i:], map[byte]byte{'{': '}', '[': ']'}[s[i]])
		if end < 0 {
			return nil, fmt.Errorf("%q: a bracket is not closed", s[i:])
		}
		inner := s[i+1 : i+end]
		if s[i] == '{' {
			words := strings.Fields(inner)
			if len(words) == 0 {
				return nil, fmt.Errorf("%q: an empty symbol", s)
			}
			p = append(p, part{symbol: words[0], args: words[1:]})
		} else {
			var choice []production
			for _, alternative := range strings.Split(inner, "|") {
				c, err := parseProduction(alternative)
				if err != nil {
					return nil, err
				}
				choice = append(choice, c)
			}
			p = append(p, part{choice: choice})
		}
		s = s[i+end+1:]
	}
	return p, nil
}

// splitOutside splits at separators that are not inside square brackets.
func splitOutside(s string, separator byte) []string {
	var parts []string
	depth, start := 0, 0
	for i := range len(s) {
		switch s[i] {
		case '[':
			depth++
		case ']':
			depth--
		case separator:
			if depth == 0 {
				parts = append(parts, s[start:i])
				start = i + 1
			}
		}
	}
	return append(parts, s[start:])
}
