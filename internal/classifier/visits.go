package classifier

// maxVisitWeight is the most examples that are alike which training learns in one
// step: bench/README-classifier.md.
const maxVisitWeight = 4

// visit is one look that training takes at an example in each epoch, for as many of
// those that are alike as it weighs.
type visit struct{ row, weight int32 }

// visits gives every example of an epoch its visits, in the order of the examples. A
// heavy one has several, about equally heavy: shown once, it would move the weights
// further than those who would come between do back.
func visits(examples []vector) []visit {
	var all []visit
	for row, e := range examples {
		n := (e.weight + maxVisitWeight - 1) / maxVisitWeight
		for i := range n {
			weight := e.weight*(i+1)/n - e.weight*i/n
			all = append(all, visit{int32(row), int32(weight)})
		}
	}
	return all
}

// takeBatch returns how many of the visits, from the first, fill a batch of size
// examples, and what they weigh together.
func takeBatch(order []visit, size int) (n, weight int) {
	for n < len(order) && weight < size {
		weight += int(order[n].weight)
		n++
	}
	return n, weight
}
