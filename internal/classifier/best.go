package classifier

import "math"

// bestEpoch is the last one that was better than those before. Either figure may
// show it: towards the end of a training the loss often stands still while
// answers still get better.
type bestEpoch struct {
	number         int
	loss, accuracy float64
	model          *Model
}

// improves takes in an epoch's figures and tells whether it is the best so far.
func (b *bestEpoch) improves(number int, loss, accuracy float64) bool {
	first := b.number == 0
	better := first || loss < b.loss || accuracy > b.accuracy
	if better {
		b.number = number
	}
	if first || loss < b.loss {
		b.loss = loss
	}
	if first || accuracy > b.accuracy {
		b.accuracy = accuracy
	}
	return better
}

// waits takes in an epoch and returns how many have gone by since the best one.
func (b *bestEpoch) waits(e Epoch) int {
	if b.improves(e.Number, e.ValidLoss, e.ValidAccuracy) {
		b.model = e.Model()
	}
	return e.Number - b.number
}

// Chosen tells which epoch's model [Train] keeps, by the validation figures of all
// that it went through: its index, from 0. Without a validation set, where the
// figures are NaN, that is the last one.
func Chosen(losses, accuracies []float64) int {
	var best bestEpoch
	for i, loss := range losses {
		if math.IsNaN(loss) || math.IsNaN(accuracies[i]) {
			return len(losses) - 1
		}
		best.improves(i+1, loss, accuracies[i])
	}
	return best.number - 1
}
