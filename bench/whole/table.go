package main

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
)

// source is the table that the file is made of.
type source struct {
	header  []string
	records [][]string
	ids     []int // columns
	text    int   // column
	shift   int64 // of the ids from copy to copy
	words   []string
}

// makeTable writes the file, and returns how many rows it has.
func makeTable(o options, path string) (rows int, err error) {
	s, err := readSource(o.input)
	if err != nil {
		return 0, err
	}
	out, err := os.Create(path)
	if err != nil {
		return 0, err
	}
	defer out.Close()
	buffer := bufio.NewWriterSize(out, 1<<20)
	w := csv.NewWriter(buffer)
	if err := w.Write(s.header); err != nil {
		return 0, err
	}
	random := rand.New(rand.NewPCG(o.seed, 0x77686f6c65))
	row := make([]string, len(s.header))
	for i := range o.copies {
		for _, record := range s.records {
			copy(row, record)
			for _, column := range s.ids {
				row[column] = shifted(row[column], int64(i)*s.shift)
			}
			if i > 0 {
				row[s.text] = s.insert(s.insert(row[s.text], random), random)
			}
			if err := w.Write(row); err != nil {
				return 0, err
			}
		}
	}
	w.Flush()
	if err := w.Error(); err != nil {
		return 0, err
	}
	if err := buffer.Flush(); err != nil {
		return 0, err
	}
	return o.copies * len(s.records), out.Close()
}

func readSource(path string) (source, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return source{}, err
	}
	records, err := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(data, []byte("\ufeff")))).ReadAll()
	if err != nil {
		return source{}, err
	}
	s := source{header: records[0], records: records[1:], text: slices.Index(records[0], "text")}
	for i, name := range s.header {
		if name == "tweet_id" || name == "response_tweet_id" || name == "in_response_to_tweet_id" {
			s.ids = append(s.ids, i)
		}
	}
	if s.text < 0 || len(s.ids) == 0 {
		return s, fmt.Errorf("%s has no columns tweet_id and text", path)
	}
	for i, record := range s.records {
		for _, column := range s.ids {
			for id := range strings.SplitSeq(record[column], ",") {
				if id == "" {
					continue
				}
				n, err := strconv.ParseInt(id, 10, 64)
				if err != nil {
					return s, fmt.Errorf("row %d of %s has an id that is no number", i, path)
				}
				s.shift = max(s.shift, n+1)
			}
		}
	}
	s.words = commonWords(s.records, s.text)
	return s, nil
}

// fewestUses is how often a word is in the table that is put into texts: rarer ones are
// names and slips as often as not.
const fewestUses = 20

// commonWords are the words in small letters that the texts have in common.
func commonWords(records [][]string, text int) []string {
	uses := map[string]int{}
	for _, record := range records {
		for word := range strings.FieldsSeq(record[text]) {
			if len(word) > 3 && strings.Trim(word, "abcdefghijklmnopqrstuvwxyz") == "" {
				uses[word]++
			}
		}
	}
	maps.DeleteFunc(uses, func(_ string, n int) bool { return n < fewestUses })
	return slices.Sorted(maps.Keys(uses))
}

// insert puts a word between two others, or behind the last.
func (s source) insert(text string, random *rand.Rand) string {
	word := s.words[random.IntN(len(s.words))]
	at := random.IntN(strings.Count(text, " ") + 1)
	for i := range len(text) {
		if text[i] != ' ' {
			continue
		}
		if at == 0 {
			return text[:i] + " " + word + text[i:]
		}
		at--
	}
	return text + " " + word
}

// shifted adds to every id in a comma list.
func shifted(list string, by int64) string {
	if list == "" || by == 0 {
		return list
	}
	var ids []string
	for id := range strings.SplitSeq(list, ",") {
		n, _ := strconv.ParseInt(id, 10, 64) // it was read before
		ids = append(ids, strconv.FormatInt(n+by, 10))
	}
	return strings.Join(ids, ",")
}
