package sample

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// createdLayout is the time format of the real file.
const createdLayout = "Mon Jan 02 15:04:05 -0700 2006"

// longThread is one exchange deeper than the limit on a conversation. Nothing
// may be planted in it, lest it falls apart.
func (w *writer) longThread(turns int) thread {
	w.cast(w.lottery[0])
	s := scene{topic: w.topic(), habits: w.habits(), agent: w.company.agents[0]}
	t := w.carryOn(thread{w.opening(s)}, s, turns)
	for _, x := range t {
		x.touched = true
	}
	return t
}

// trainingRows writes threads as rows: in order of id, some out of place.
func (w *writer) trainingRows(threads []thread) []Row {
	var rows []Row
	for _, x := range present(threads) {
		text, spans := unmark(escape(x.text))
		author, inbound := strconv.Itoa(x.customer), "True"
		if x.from != nil {
			author, inbound = x.from.handle, "False"
		}
		rows = append(rows, Row{
			Fields: []string{
				colID:        id(x),
				colAuthor:    author,
				colInbound:   inbound,
				colCreated:   x.created.Format(createdLayout),
				colText:      text,
				colResponses: responses(x),
				colParent:    id(x.parent),
			},
			Spans: spans,
			tweet: x,
		})
	}
	for range len(rows) / 30 {
		i, j := w.IntN(len(rows)), w.IntN(len(rows))
		rows[i], rows[j] = rows[j], rows[i]
	}
	return rows
}

// productionRows writes threads as they come without authors, and says whom
// each tweet is for.
func (w *writer) productionRows(threads []thread) ([]Row, []Answer) {
	companies := w.answers(threads)
	var rows []Row
	var key []Answer
	for _, x := range present(threads) {
		text, spans := unmark(withoutMentions(escape(x.text)))
		parent := id(x.parent)
		if parent != "" && w.chance(0.05) {
			parent += ".0"
		}
		rows = append(rows, Row{Fields: []string{id(x), text, responses(x), parent}, Spans: spans, tweet: x})
		key = append(key, Answer{TweetID: x.id, Companies: companies[x]})
	}
	return rows, key
}

// present are the tweets that were not lost, in order of id.
func present(threads []thread) []*tweet {
	var all []*tweet
	for _, t := range threads {
		for _, x := range t {
			if !x.lost {
				all = append(all, x)
			}
		}
	}
	slices.SortFunc(all, func(a, b *tweet) int { return int(a.id - b.id) })
	return all
}

func id(x *tweet) string {
	if x == nil {
		return ""
	}
	return strconv.FormatInt(x.id, 10)
}

// responses lists the answers to a tweet, in the file or not. Those that were
// never written have ids that no row has.
func responses(x *tweet) string {
	var ids []string
	for _, child := range x.children {
		ids = append(ids, id(child))
	}
	for i := range x.elsewhere {
		ids = append(ids, strconv.FormatInt(9_000_000+x.id*1000+int64(i), 10))
	}
	return strings.Join(ids, ",")
}

// escape does what the real file has been through.
func escape(text string) string {
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;").Replace(text)
}

var mention = regexp.MustCompile(`(^|\W)@\w+ ?`)

// withoutMentions removes mentions the way the real production file has them
// removed: without a trace, the punctuation around them left behind.
func withoutMentions(text string) string {
	for {
		// A mention right behind another one begins where the first match
		// ended, so a second look is needed.
		shorter := mention.ReplaceAllString(text, "$1")
		if shorter == text {
			return strings.TrimSpace(text)
		}
		text = shorter
	}
}

// Answer says whom a production tweet is for.
type Answer struct {
	TweetID int64
	// Companies are the labels of the conversations the tweet is part of,
	// mostly one. [dataset.Unknown] stands for nobody known.
	Companies []string
}

func (a Answer) fields() []string {
	return []string{strconv.FormatInt(a.TweetID, 10), strings.Join(a.Companies, "|")}
}

// answers labels each root-to-leaf path of what is present by the rule for
// training data: the company with most tweets on it, or else most mentions,
// the earlier one of equals.
func (w *writer) answers(threads []thread) map[*tweet][]string {
	var handles []string
	for _, c := range w.companies {
		handles = append(handles, c.handle)
	}
	known := regexp.MustCompile("@(" + strings.Join(handles, "|") + `)\b`)

	right := make(map[*tweet][]string)
	for _, t := range threads {
		for _, leaf := range t {
			if leaf.lost || slices.ContainsFunc(leaf.children, func(c *tweet) bool { return !c.lost }) {
				continue
			}
			var path []*tweet
			for x := leaf; x != nil && !x.lost; x = x.parent {
				path = append(path, x)
			}
			slices.Reverse(path)
			label := labelOf(path, known)
			for _, x := range path {
				if !slices.Contains(right[x], label) {
					right[x] = append(right[x], label)
				}
			}
		}
	}
	return right
}

func labelOf(path []*tweet, known *regexp.Regexp) string {
	var wrote, mentioned tally
	for _, x := range path {
		if x.from != nil {
			wrote.add(x.from.handle)
		}
		for _, m := range known.FindAllStringSubmatch(x.text, -1) {
			mentioned.add(m[1])
		}
	}
	if len(wrote.names) > 0 {
		return wrote.most()
	}
	return mentioned.most()
}
