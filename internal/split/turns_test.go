package split

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"switchboard/internal/dataset"
	"switchboard/internal/pipeline"
)

// opened makes conversations that the customer begins, two to a thread and with the
// same first words; every tenth is of the company alone.
func opened(sizes map[string]int) []dataset.Example {
	list := examples(sizes)
	for i, e := range list {
		list[i].Text = fmt.Sprintf("where is parcel %d\nhere it is, %d\nthanks\nany time", e.ThreadID, e.ID)
		if list[i].Opening = 1; e.ID%10 == 0 {
			list[i].Opening = 0
		}
	}
	return list
}

func texts(examples []dataset.Example) []string {
	list := make([]string, len(examples))
	for i, e := range examples {
		list[i] = e.Text
	}
	return list
}

func TestFirstWordsAreTrainedOnce(t *testing.T) {
	list := opened(map[string]int{"A": 400, "B": 400})
	r := mustSplit(t, list, with(func(o *Options) { o.Turns = pipeline.FirstTurn }))
	c := r.Counts
	if c.Unopened != 80 || c.Train+c.Validation+c.Test+c.Duplicates+c.Unopened != 800 || c.Duplicates < 300 {
		t.Errorf("the counts are %+v", c)
	}
	shown := texts(Shown(slices.Concat(r.Train, r.Validation, r.Test), pipeline.FirstTurn))
	slices.Sort(shown)
	if len(slices.Compact(slices.Clone(shown))) != len(shown) {
		t.Error("first words are there twice")
	}
	for _, text := range shown {
		if strings.Contains(text, "\n") || text == "" {
			t.Fatalf("the trainer is shown %q", text)
		}
	}
	if !strings.Contains(r.Train[0].Text, "\n") {
		t.Error("the split holds no whole conversations any more")
	}
}

func TestShown(t *testing.T) {
	a := dataset.Example{ID: 1, Text: "help\nyes?", Opening: 1}
	same := dataset.Example{ID: 2, Text: "help\nno", Opening: 1}
	alone := dataset.Example{ID: 3, Text: "hello", Opening: 1}
	company := dataset.Example{ID: 4, Text: "we are closed"}
	list := []dataset.Example{a, a, same, alone, company} // one is repeated
	for turns, want := range map[pipeline.Turns][]string{
		"":                 {"help\nyes?", "help\nyes?", "help\nno", "hello", "we are closed"},
		pipeline.FirstTurn: {"help", "help", "help", "hello"},
		pipeline.BothTurns: {"help\nyes?", "help", "help\nyes?", "help", "help\nno", "hello", "we are closed"},
	} {
		shown := Shown(list, turns)
		if got := texts(shown); !slices.Equal(got, want) {
			t.Errorf("%q: shown %q, want %q", turns, got, want)
		}
		counted := map[int64]string{}
		for _, e := range Texts(list, turns) {
			counted[e.ID] = e.Text
		}
		for _, e := range shown {
			if counted[e.ID] != e.Text {
				t.Errorf("%q: %q is not counted", turns, e.Text)
			}
		}
	}
}

func TestOpened(t *testing.T) {
	list := opened(map[string]int{"A": 20})
	got := Opened(list)
	if len(got) != 10 { // of the threads 0, 2, ... 20 the last has no other conversation than the company's
		t.Errorf("%d conversations: %v", len(got), texts(got))
	}
	for _, e := range got {
		if !strings.Contains(e.Text, "\n") {
			t.Errorf("%q is cut", e.Text)
		}
	}
}

// Each conversation of the sample is there at every length, one of a thread, and the
// same for a seed whatever the order; a conversation that is shorter counts as it is.
func TestGrowing(t *testing.T) {
	list := opened(map[string]int{"A": 1000, "B": 1000})
	list[0].Text = "only this"
	got := Growing(list, 1)
	if len(got) != len(Known)*mostKnown {
		t.Fatalf("%d rows", len(got))
	}
	threads, ids := map[int64]bool{}, map[int64]bool{}
	for i := 0; i < len(got); i += len(Known) {
		if threads[got[i].ThreadID] {
			t.Fatal("two conversations of a thread")
		}
		threads[got[i].ThreadID] = true
		for j, tweets := range Known {
			e := got[i+j]
			lines := strings.Count(e.Text, "\n") + 1
			if want := (map[int]int{0: 4})[tweets]; e.Text != "only this" && lines != max(tweets, want) || e.Label != got[i].Label || ids[e.ID] {
				t.Fatalf("%d tweets: %q", tweets, e.Text)
			}
			ids[e.ID] = true
		}
	}
	if again := Growing(list, 1); !slices.Equal(texts(again), texts(got)) {
		t.Error("another sample for the same seed")
	}
	if other := Growing(list, 2); slices.Equal(texts(other), texts(got)) {
		t.Error("the same sample for another seed")
	}
	if none := Growing(examples(map[string]int{"A": 9}), 1); len(none) != 0 {
		t.Errorf("a sample of conversations that nobody began: %v", texts(none))
	}
}
