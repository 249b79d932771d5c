package evaluate

import "switchboard/internal/pipeline"

// Known scores answers about conversations that grow: those about one conversation at
// each of the lengths, in their order, stand together, and 0 is its whole length. No
// two conversations are of one thread. Each length has its threshold.
func Known(answers []Answer, lengths []int, threshold func(tweets int) float64) []pipeline.KnownScore {
	var scores []pipeline.KnownScore
	for i, tweets := range lengths {
		var at []Answer
		right := int64(0)
		for j := i; j < len(answers); j += len(lengths) {
			at = append(at, answers[j])
			if answers[j].right() {
				right++
			}
		}
		if len(at) == 0 {
			return nil
		}
		accuracy := Wilson(right, int64(len(at)))
		scores = append(scores, pipeline.KnownScore{
			Tweets: tweets, Conversations: int64(len(at)),
			Accuracy: accuracy.Value, Low: accuracy.Low, High: accuracy.High,
			Coverage: Measure(at, threshold(tweets)).Coverage,
		})
	}
	return scores
}
