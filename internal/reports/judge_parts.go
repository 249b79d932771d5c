package reports

import (
	"cmp"
	"runtime"
	"slices"
	"strings"
	"sync"

	"github.com/abadojack/whatlanggo"

	"switchboard/internal/dataset"
	"switchboard/internal/evaluate"
	"switchboard/internal/pipeline"
)

// confusedClasses is how many classes a picture can hold.
const confusedClasses = 15

func confusion(answers []evaluate.Answer, classes []evaluate.Class) Confusion {
	var c Confusion
	place := map[string]int{}
	for _, class := range classes[:min(len(classes), confusedClasses)] {
		place[class.Label] = len(c.Labels)
		c.Labels = append(c.Labels, class.Label)
	}
	other := len(c.Labels)
	c.Labels = append(c.Labels, "all others")
	for range c.Labels {
		c.Counts = append(c.Counts, make([]int, len(c.Labels)))
	}
	at := func(label string) int {
		if i, known := place[label]; known {
			return i
		}
		return other
	}
	for _, a := range answers {
		c.Counts[at(a.Truth)][at(a.Company)]++
	}
	return c
}

// smallSlice is the size below which a slice says nothing.
const smallSlice = 20

// slices measures parts of the test set. Classes have a table of their own.
func (s Subject) slices(threshold float64) []Slice {
	var list []Slice
	for _, by := range []struct {
		name string
		of   func(dataset.Example) string
		most int
	}{
		{"the company's answer", answered, len(s.Test)}, {"length", lengthOf, len(s.Test)}, {"language", language, mostLanguages},
	} {
		if s.Turns == pipeline.FirstTurn && by.name != "language" {
			continue // none has an answer, and all have one tweet
		}
		parts, sampled := s.parts(by.of, by.most)
		if sampled {
			by.name += ", of a sample"
		}
		var found []Slice
		for name, answers := range parts {
			if len(answers) < smallSlice {
				continue
			}
			m := evaluate.Measure(answers, threshold)
			found = append(found, Slice{By: by.name, Name: name, Examples: len(answers), Accuracy: m.Accuracy, Coverage: m.Coverage})
		}
		slices.SortFunc(found, func(a, b Slice) int {
			return cmp.Or(cmp.Compare(b.Examples, a.Examples), cmp.Compare(a.Name, b.Name))
		})
		list = append(list, found...)
	}
	return list
}

// mostLanguages is of how many conversations the language is told. That takes longer
// than the model takes to answer, and more would tell nothing new.
const mostLanguages = 10_000

// parts sorts the answers by what their conversations have. Of more than most it takes as
// many, evenly from all over the set.
func (s Subject) parts(of func(dataset.Example) string, most int) (parts map[string][]evaluate.Answer, sampled bool) {
	n := min(len(s.Test), most)
	names := make([]string, n)
	var all sync.WaitGroup
	workers := runtime.GOMAXPROCS(0)
	for w := range workers {
		all.Go(func() {
			for i := w; i < n; i += workers {
				names[i] = of(s.Test[i*len(s.Test)/n])
			}
		})
	}
	all.Wait()
	parts = map[string][]evaluate.Answer{}
	for i, name := range names {
		parts[name] = append(parts[name], s.Answers.Test[i*len(s.Test)/n])
	}
	return parts, n < len(s.Test)
}

func answered(e dataset.Example) string {
	if e.Answered {
		return "is in the conversation"
	}
	return "is not there yet"
}

func lengthOf(e dataset.Example) string {
	switch tweets := 1 + strings.Count(e.Text, "\n"); {
	case tweets == 1:
		return "1 tweet"
	case tweets == 2:
		return "2 tweets"
	case tweets <= 4:
		return "3 to 4 tweets"
	}
	return "5 tweets or more"
}

// language is a guess from trigrams (Cavnar and Trenkle, "N-Gram-Based Text
// Categorization", 1994), which short texts leave unclear.
func language(e dataset.Example) string {
	info := whatlanggo.Detect(e.Text)
	if !info.IsReliable() {
		return "unclear"
	}
	return info.Lang.String()
}
