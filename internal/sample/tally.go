package sample

import "switchboard/internal/dataset"

// tally counts names in the order they first appear.
type tally struct {
	names  []string
	counts []int
}

func (t *tally) add(name string) {
	for i, n := range t.names {
		if n == name {
			t.counts[i]++
			return
		}
	}
	t.names = append(t.names, name)
	t.counts = append(t.counts, 1)
}

// most is the name counted most, of equals the first; Unknown if there is
// none.
func (t *tally) most() string {
	best, label := 0, dataset.Unknown
	for i, n := range t.counts {
		if n > best {
			best, label = n, t.names[i]
		}
	}
	return label
}
